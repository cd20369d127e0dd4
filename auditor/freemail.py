"""Providers of private mailboxes: two addresses there are two organisations, not colleagues."""

FREE_MAIL = frozenset(
    """
    126.com 139.com 163.com 21cn.com aim.com aliyun.com alice.it aol.com aol.de arcor.de att.net
    bell.net bellsouth.net bigpond.com bluewin.ch bol.com.br btinternet.com btopenworld.com
    bluemail.ch centrum.cz charter.net comcast.net cox.net daum.net duck.com earthlink.net email.cz
    fastmail.com fastmail.fm free.fr freenet.de frontier.com gmail.com gmx.at gmx.ch gmx.com gmx.de
    gmx.net googlemail.com hanmail.net hey.com home.nl hotmail.be hotmail.co.uk hotmail.com
    hotmail.de hotmail.es hotmail.fr hotmail.it hushmail.com icloud.com inbox.lv interia.pl juno.com
    kpnmail.nl laposte.net libero.it list.ru live.ca live.co.uk live.com live.de live.fr live.nl
    mac.com mail.com mail.de mail.ee mail.ru mailbox.org mailfence.com me.com msn.com naver.com
    neuf.fr ntlworld.com o2.pl online.de onet.pl optonline.net orange.fr outlook.at outlook.com
    outlook.de outlook.es outlook.fr outlook.it planet.nl pm.me posteo.de posteo.net poczta.onet.pl
    proton.me protonmail.ch protonmail.com qq.com rambler.ru rediffmail.com rocketmail.com
    rogers.com sapo.pt sbcglobal.net seznam.cz sfr.fr shaw.ca sina.cn sina.com sky.com sohu.com
    spray.se sympatico.ca t-online.de talktalk.net telenet.be telia.com telus.net terra.com.br
    tin.it tiscali.co.uk tiscali.it tuta.com tutanota.com tutanota.de ukr.net uol.com.br verizon.net
    virgilio.it virgin.net virginmedia.com wanadoo.fr web.de windstream.net wp.pl xs4all.nl
    xtra.co.nz yahoo.ca yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com yahoo.com.au yahoo.com.br
    yahoo.de yahoo.es yahoo.fr yahoo.in yahoo.it yandex.com yandex.ru ymail.com zoho.com
    zohomail.com
    """.split()
)
"""Registrable domains (and a few full ones) whose users share nothing but the provider."""
