"""What mail programs and people write around a message, language by language: data, no logic.

Phrases are lower-case and separated by semicolons. Many languages share a list because a mail does not
say which language its attribution line is in: that is the sender's, the recipient's or the program's.
"""


def _phrases(text: str) -> tuple[str, ...]:
    """The phrases of a list, whitespace between words made single."""
    return tuple(" ".join(phrase.split()) for phrase in text.split(";") if phrase.strip())


SIGN_OFFS = frozenset(
    _phrases(
        """
        best; best regards; kind regards; warm regards; warmest regards; regards; many thanks; thanks;
        thanks again; thank you; thx; thanks so much; thanks a lot; thanks in advance;
        thank you in advance; thanks and regards; thanks and best regards; thanks best; with thanks;
        thank you and regards; cheers; sincerely; sincerely yours; yours sincerely; yours truly;
        yours faithfully; yours; respectfully; warmly; all the best; all best; take care; talk soon;
        speak soon; talk to you soon; see you soon; best wishes; with best wishes; with kind regards;
        with best regards; with warm regards; with regards; kindest regards; very best;
        very best regards; best personal regards; cordially; to your success; have a great day;
        have a good day; have a nice day; have a great week; have a great weekend; have a good weekend;
        looking forward; onwards; br; rgds; kr; brgds; love; with gratitude; in gratitude; your friend;
        until then; until next time; appreciatively; stay safe; stay well; be well;
        mit freundlichen grüßen; mit freundlichen grüssen; mit freundlichem gruß; freundliche grüße;
        freundliche grüsse; viele grüße; viele grüsse; beste grüße; beste grüsse; liebe grüße;
        liebe grüsse; herzliche grüße; herzliche grüsse; schöne grüße; mit besten grüßen;
        mit besten grüssen; grüße; gruß; lg; vg; mfg; bg; hochachtungsvoll; vielen dank;
        vielen dank und viele grüße; danke; danke und gruß; besten dank; herzlichst; bis bald; bis dann;
        mit herzlichen grüßen; mit vielen grüßen; sonnige grüße; viele liebe grüße; cordialement;
        bien cordialement; très cordialement; bien à vous; bien à toi; sincèrement; salutations;
        meilleures salutations; merci; merci d'avance; merci beaucoup; à bientôt; amicalement;
        respectueusement; cdlt; bonne journée; belle journée; excellente journée; avec mes salutations;
        saludos; un saludo; saludos cordiales; un cordial saludo; cordialmente; atentamente; atte;
        gracias; muchas gracias; un abrazo; abrazos; hasta pronto; saludos atentos;
        reciba un cordial saludo; quedo atento; quedo a la espera; feliz día; cordiali saluti;
        distinti saluti; saluti; un saluto; un caro saluto; grazie; grazie mille; a presto;
        i migliori saluti; cari saluti; buona giornata; atenciosamente; cumprimentos;
        com os melhores cumprimentos; melhores cumprimentos; abraço; um abraço; abraços; obrigado;
        obrigada; att; até breve; muito obrigado; muito obrigada; cordiais cumprimentos;
        met vriendelijke groet; met vriendelijke groeten; vriendelijke groet; vriendelijke groeten;
        groet; groeten; hartelijke groet; hartelijke groeten; mvg; bedankt; alvast bedankt; dank je wel;
        dank u wel; fijne dag; met hartelijke groet; pozdrawiam; z poważaniem; z wyrazami szacunku;
        serdecznie pozdrawiam; pozdrowienia; dziękuję; dzięki; miłego dnia; с уважением;
        с наилучшими пожеланиями; всего доброго; спасибо; с приветом; хорошего дня; заранее спасибо;
        з повагою; дякую; vänliga hälsningar; med vänliga hälsningar; med vänlig hälsning; hälsningar;
        bästa hälsningar; mvh; tack; tack på förhand; med venlig hilsen; venlig hilsen;
        de bedste hilsner; hilsen; tak; vh; med vennlig hilsen; vennlig hilsen; beste hilsen; takk;
        mange takk; hilsner; ystävällisin terveisin; terveisin; parhain terveisin; kiitos; kiittäen; t;
        s pozdravem; s přátelským pozdravem; děkuji; hezký den; zdravím; s úctou; s pozdravom; ďakujem;
        üdvözlettel; tisztelettel; köszönettel; köszönöm; cu stimă; cu respect; mulțumesc; o zi bună;
        saygılarımla; saygılar; iyi çalışmalar; teşekkürler; teşekkür ederim; iyi günler; selamlar;
        με εκτίμηση; ευχαριστώ; φιλικά; χαιρετισμούς; בברכה; תודה; תודה רבה; בתודה; מיטב הברכות;
        بالتوفيق; مع أطيب التحيات; مع التحية; تحياتي; شكرا; شكراً; مع خالص التحية; よろしくお願いします;
        よろしくお願いいたします; 宜しくお願い致します; どうぞよろしくお願いいたします;
        宜しくお願いいたします; 敬具; 以上; 此致; 敬礼; 祝好; 谢谢; 謝謝; 顺祝商祺; 顺颂商祺; 此致敬礼;
        祝商祺; 敬祝商祺; 감사합니다; 드림; 올림; 고맙습니다; 안부를 전하며
        """
    )
)
"""Lines that close a mail, without their punctuation."""

FOOTERS = _phrases(
    """
    unsubscri; opt out; opt-out; optout; opt me out; manage preferences; manage your preferences;
    manage your email preferences; email preferences; update your preferences; update preferences;
    stop receiving; no longer wish to receive; don't want to receive; don't want to hear;
    do not want to receive; are receiving this email; are receiving this message;
    received this email because; received this message because; receiving this because;
    email was sent to; email was sent by; message was sent to; in your browser; in a browser;
    in the browser; in your web browser; view online; all rights reserved; ©; powered by;
    click here to stop; remove me from; abmelden; abbestellen; abmeldelink; keine weiteren e-mails;
    keine weiteren nachrichten; alle rechte vorbehalten; désabonner; désinscri;
    tous droits réservés; darse de baja; cancelar la suscripci; cancelar tu suscripci;
    no desea recibir; no deseas recibir; disiscri; annullare l'iscrizione; annulla l'iscrizione;
    cancellarti dalla; cancellarsi dalla; descadastr; cancelar inscrição; cancelar a inscrição;
    cancelar a subscrição; afmelden; uitschrijven; wypisać się; wypisz się; отписаться;
    avregistrera; avprenumerera; afmeld; avmeld; meld deg av; peruuta tilaus; odhlásit; abonelikten;
    配信停止; 配信解除; 退订; 取消订阅; 取消訂閱; 수신거부; 수신 거부; להסרה; إلغاء الاشتراك
    """
)
"""Phrases of unsubscribe lines and footers; one is enough in a short paragraph."""

DISCLAIMERS = _phrases(
    """
    intended for; intended to; intended solely; intended only; intended exclusively;
    intended recipient; addressee; confidential; privileged; disclos; disseminat; unauthorized;
    unauthorised; in error; no liability; no responsibility; virus; registered in;
    registered office; company no; company number; company registration; legally binding; delete it;
    delete this; consider the environment; before printing; before you print; do not print;
    solely for; vertraulich; bestimmungsgemäß; irrtümlich; unbefugt; nicht der richtige;
    nicht der beabsichtigte; handelsregister; amtsgericht; geschäftsführer; sitz der gesellschaft;
    hrb; ust-id; ustid; umwelt; confidentiel; destinataire; strictement; par erreur; imprimer;
    confidencial; destinatari; por error; privilegiad; imprimir; riservat; per errore; d.lgs;
    stampare; destinatário; por engano; vertrouwelijk; geadresseerde; abusievelijk; ten onrechte;
    poufn; adresat; конфиденциальн; konfidentiell; fortrolig; luottamuksel; důvěrn; gizli; 機密;
    机密; 保密; 기밀; חסוי; سري; адресат; по ошибке; предназначен; ошибочно; získali omylem; omyłkow;
    保護された情報; 宛先以外; 誤って受信; 誤って送信; 名宛人; 削除してください; 削除して下さい; 误收;
    仅供收件人; 收件人使用; 立即删除; 如误; 誤收; 僅供收件人; 立即刪除; 법적 책임; 수신인; 잘못 수신; 잘못 받;
    삭제해; 삭제하여;
    חסויה; לנמען; בטעות; נא למחוק; المرسل إليه; بالخطأ; عن طريق الخطأ; فاحذفها; يرجى حذف; حذفها
    """
)
"""Phrases and stems of legal notices; it takes several."""

ATTRIBUTION_VERBS = _phrases(
    """
    wrote; writes; said; schrieb; a écrit; escribió; escreveu; ha scritto; scrive; schreef; napisał;
    napisała; napisał(a); pisze; написал; написала; написал(а); пишет; писал; писала; написав;
    написав(ла); пише; napsal; napsala; napsal(a); skrev; kirjoitti; yazdı; şunları yazdı; a scris;
    írta; έγραψε; כתב; כתבה; כתב/ה; כתב(ה); كتب; كتبت; نوشت; のメール; さんは書きました;
    さんが書きました; は書きました; が書いた; 写道; 寫道; 写了; 님이 작성; 작성; đã viết; menulis;
    เขียนว่า; je napisal; je napisala; je napisal(a); napisao; napísal; napísal(a); rašė; rakstīja;
    kirjutas; ha escrit; написа
    """
)
"""How an attribution line ends, before its colon."""

ATTRIBUTION_VERBS_BEFORE_NAMES = _phrases(
    """
    schrieb; schreef; skrev; kirjoitti; pisze
    """
)
"""Verbs that a name may follow: "schrieb Anna Muster:"."""

ORIGINALS = _phrases(
    """
    original message; original appointment; reply message; originalnachricht;
    ursprüngliche nachricht; urspr. nachricht; originalmeldung; message d'origine; message original;
    mensaje original; messaggio originale; mensagem original; oorspronkelijk bericht;
    wiadomość oryginalna; oryginalna wiadomość; исходное сообщение; вихідне повідомлення;
    ursprungligt meddelande; ursprungsmeddelande; oprindelig meddelelse; oprindelig besked;
    opprinnelig melding; alkuperäinen viesti; původní zpráva; pôvodná správa; özgün ileti;
    orijinal mesaj; eredeti üzenet; mesaj original; αρχικό μήνυμα; 原始邮件; 原始郵件;
    元のメッセージ; 원본 메시지; 원본 메일; הודעה מקורית; الرسالة الأصلية
    """
)
"""What stands between dashes above an answered message."""

FORWARDED = _phrases(
    """
    forwarded message; begin forwarded message; weitergeleitete nachricht;
    anfang der weitergeleiteten nachricht; anfang der weitergeleiteten e-mail; message transféré;
    message transmis; début du message transféré; début du message réexpédié; mensaje reenviado;
    inicio del mensaje reenviado; messaggio inoltrato; inizio messaggio inoltrato;
    mensagem encaminhada; mensagem reencaminhada; início da mensagem encaminhada;
    início da mensagem reencaminhada; doorgestuurd bericht; begin doorgestuurd bericht;
    wiadomość przekazana; przekazana wiadomość; początek przekazywanej wiadomości;
    пересылаемое сообщение; пересланное сообщение; начало переадресованного сообщения;
    переслане повідомлення; vidarebefordrat meddelande; vidarebefordrat brev;
    videresendt meddelelse; videresendt besked; videresendt melding; välitetty viesti;
    přeposlaná zpráva; iletilen mesaj; yönlendirilmiş mesaj; továbbított üzenet; προωθημένο μήνυμα;
    转发邮件; 转发的邮件; 下面是被转发的邮件; 轉寄郵件; 轉寄的郵件; 転送メッセージ;
    転送されたメッセージ; 전달된 메시지; 전달된 메시지 시작; הודעה שהועברה; رسالة معاد توجيهها;
    الرسالة المعاد توجيهها
    """
)
"""What stands, between dashes or not, above a forwarded message."""

FROM_FIELDS = frozenset(
    _phrases(
        """
        from; von; de; da; van; od; от; від; från; fra; lähettäjä; gönderen; kimden; feladó; από;
        发件人; 寄件者; 寄件人; 差出人; 送信元; 보낸 사람; 보낸사람; מאת; من
        """
    )
)
"""The From: of a header block in the text, without its colon."""

DATE_AND_SUBJECT_FIELDS = frozenset(
    _phrases(
        """
        sent; gesendet; gesendet am; envoyé; envoyé le; enviado; enviado el; enviado em; enviada em;
        inviato; verzonden; wysłano; отправлено; надіслано; skickat; sendt; lähetetty; gönderildi;
        gönderme tarihi; odesláno; odoslané; elküldve; 发送时间; 寄件日期; 送信日時; 보낸 날짜; נשלח;
        تاريخ الإرسال; date; datum; fecha; data; дата; dato; päiväys; tarih; 日期; 日付; 날짜; תאריך;
        subject; betreff; objet; sujet; asunto; oggetto; assunto; onderwerp; temat; тема; ämne; emne;
        aihe; konu; předmět; predmet; tárgy; θέμα; subiect; 主题; 主旨; 件名; 제목; נושא; الموضوع
        """
    )
)
"""Its Sent:, Date: and Subject:."""

OTHER_FIELDS = frozenset(
    _phrases(
        """
        to; an; à; a; para; aan; do; кому; till; til; vastaanottaja; kime; komu; címzett; προς; către;
        收件人; 宛先; 받는 사람; אל; إلى; cc; kopie; copie à; kopia; reply-to; importance; priorität
        """
    )
)
"""Its other fields."""

FORWARD_PREFIXES = _phrases(
    """
    fw; fwd; wg; tr; rv; i; enc; doorst; vs; vb; pd; пер; vl; továbbítás; ilt; 转发; 轉寄; 転送;
    전달; הועבר
    """
)
"""Prefixes of the subject of a forwarded message."""

AUTOMATIC_SUBJECTS = _phrases(
    """
    automatic reply; automatic response; auto reply; auto-reply; autoreply; auto response;
    auto-response; autoresponse; out of office; out of the office; automatische antwort;
    abwesenheitsnotiz; abwesenheitsmeldung; réponse automatique; absence du bureau;
    respuesta automática; fuera de la oficina; risposta automatica; fuori sede; resposta automática;
    automatisch antwoord; afwezig; autosvar; automatiskt svar; automatisk svar;
    automaattinen vastaus; automatická odpověď; autoodpowiedź; automatyczna odpowiedź;
    otomatik yanıt; автоответ; автоматический ответ; 自动回复; 自動回覆; 自動返信; 자동 회신;
    תשובה אוטומטית; رد تلقائي
    """
)
"""How the subject of an automatic answer begins."""

GREETINGS = _phrases(
    """
    hi; hello; hey; dear; good morning; good afternoon; good evening; greetings; hallo; guten tag;
    guten morgen; liebe; lieber; lieber herr; liebe frau; sehr geehrter; sehr geehrte;
    sehr geehrter herr; sehr geehrte frau; bonjour; cher; chère; hola; estimado; estimada; ciao;
    gentile; buongiorno; olá; prezado; prezada; caro; cara; beste; geachte; hej; hei; cześć; witaj;
    dzień dobry; здравствуйте; привет; уважаемый; merhaba; sayın; dobrý den
    """
)
"""How a greeting begins."""

SENT_FROM = _phrases(
    """
    sent from; sent with; sent via; sent by my; get outlook for; gesendet von; gesendet mit;
    von meinem iphone gesendet; von meinem ipad gesendet; von meinem handy gesendet; envoyé de;
    envoyé depuis; envoyé à partir de; envoyé avec; enviado desde; enviado de; enviado con;
    enviado do; enviado pelo; enviado a partir do; inviato da; inviato dal; verzonden vanaf;
    verzonden met; verstuurd vanaf; wysłane z; wysłano z; отправлено с; отправлено из; skickat från;
    skickades från; sendt fra; lähetetty; gönderildi; iphone'umdan gönderildi; odesláno z;
    odoslané z; holen sie sich outlook; télécharger outlook pour; obtener outlook para;
    scarica outlook per; iphoneから送信; ipadから送信; 私のiphoneから送信; 发自我的; 从我的; 從我的;
    나의 iphone에서 보냄; 내 iphone에서 보냄; נשלח מה; أرسلت من; أُرسلت من
    """
)
"""How the line begins that a telephone writes below a mail."""
