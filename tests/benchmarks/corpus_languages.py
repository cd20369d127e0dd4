"""Invented mail in the languages that the auditor reads: a pitch, notes by hand, what programs put around.

`{name}` is the recipient's first name.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Language:
    """What one language needs for a campaign, an answer and mail by hand."""

    greeting: str
    pitch: tuple[str, ...]  # paragraphs
    notes: tuple[str, ...]  # each written for one person
    sign_off: str
    attribution: str  # above what is answered; `{who}` is a name and an address


LANGUAGES = {
    "en": Language(
        "Hello {name},",
        (
            "we look after the lifts of small hotels, from the yearly inspection to the call at night.",
            "Our customers pay one sum a quarter and have no other bills to fear. May I send you our offer?",
        ),
        (
            "The red folder was under the piano after all; Ruth brings it along when she visits you on Sunday.",
            "I asked the harbour master again, and he would rather move the regatta than the fish market.",
        ),
        "Kind regards",
        "On Tue, 3 Mar 2026 at 10:12, {who} wrote:",
    ),
    "de": Language(
        "Hallo {name},",
        (
            "wir warten Aufzüge in kleinen Hotels, von der jährlichen Prüfung bis zum Notruf in der Nacht.",
            "Unsere Kunden zahlen eine Summe im Quartal und fürchten keine weitere Rechnung. Darf ich Ihnen unser"
            " Angebot senden?",
        ),
        (
            "Die rote Mappe lag doch unter dem Klavier; Ruth bringt sie am Sonntag mit, wenn sie bei euch ist.",
            "Ich habe den Hafenmeister noch einmal gefragt, er verschiebt lieber die Regatta als den Fischmarkt.",
        ),
        "Mit freundlichen Grüßen",
        "Am Di., 3. März 2026 um 10:12 Uhr schrieb {who}:",
    ),
    "fr": Language(
        "Bonjour {name},",
        (
            "nous entretenons les ascenseurs des petits hôtels, du contrôle annuel jusqu'à l'appel de nuit.",
            "Nos clients paient une somme par trimestre et ne craignent aucune autre facture. Puis-je vous envoyer"
            " notre offre ?",
        ),
        (
            "Le dossier rouge était finalement sous le piano ; Ruth vous l'apportera dimanche en passant.",
            "J'ai encore demandé au capitaine du port, il préfère déplacer la régate plutôt que le marché.",
        ),
        "Cordialement",
        "Le mar. 3 mars 2026 à 10:12, {who} a écrit :",
    ),
    "es": Language(
        "Hola {name}:",
        (
            "cuidamos los ascensores de hoteles pequeños, desde la revisión anual hasta la llamada nocturna.",
            "Nuestros clientes pagan una suma por trimestre y no temen otra factura. ¿Puedo enviarle nuestra oferta?",
        ),
        (
            "La carpeta roja estaba al final debajo del piano; Ruth os la lleva el domingo cuando pase por allí.",
            "Pregunté otra vez al capitán del puerto y prefiere mover la regata antes que el mercado de pescado.",
        ),
        "Un cordial saludo",
        "El mar, 3 mar 2026 a las 10:12, {who} escribió:",
    ),
    "it": Language(
        "Buongiorno {name},",
        (
            "curiamo gli ascensori dei piccoli alberghi, dalla verifica annuale fino alla chiamata di notte.",
            "I nostri clienti pagano una somma a trimestre e non temono altre fatture. Posso inviarle la nostra"
            " offerta?",
        ),
        (
            "La cartella rossa era poi sotto il pianoforte; Ruth ve la porta domenica quando passa da voi.",
            "Ho chiesto di nuovo al capitano del porto, preferisce spostare la regata che il mercato del pesce.",
        ),
        "Cordiali saluti",
        "Il giorno mar 3 mar 2026 alle ore 10:12 {who} ha scritto:",
    ),
    "pt": Language(
        "Olá {name},",
        (
            "cuidamos dos elevadores de pequenos hotéis, da revisão anual até à chamada durante a noite.",
            "Os nossos clientes pagam uma quantia por trimestre e não temem outra fatura. Posso enviar-lhe a nossa"
            " proposta?",
        ),
        (
            "A pasta vermelha estava afinal debaixo do piano; a Ruth leva-a no domingo quando vos visitar.",
            "Perguntei outra vez ao capitão do porto, ele prefere mudar a regata a mudar o mercado do peixe.",
        ),
        "Com os melhores cumprimentos",
        "Em ter., 3 de mar. de 2026 às 10:12, {who} escreveu:",
    ),
    "nl": Language(
        "Beste {name},",
        (
            "wij onderhouden de liften van kleine hotels, van de jaarlijkse keuring tot de oproep in de nacht.",
            "Onze klanten betalen één bedrag per kwartaal en vrezen geen andere rekening. Mag ik u ons aanbod sturen?",
        ),
        (
            "De rode map lag toch onder de piano; Ruth brengt hem zondag mee als ze bij jullie langskomt.",
            "Ik heb het de havenmeester nog eens gevraagd, hij verzet liever de regatta dan de vismarkt.",
        ),
        "Met vriendelijke groet",
        "Op di 3 mrt 2026 om 10:12 schreef {who}:",
    ),
    "pl": Language(
        "Dzień dobry {name},",
        (
            "opiekujemy się windami w małych hotelach, od corocznego przeglądu aż po wezwanie w nocy.",
            "Nasi klienci płacą jedną kwotę na kwartał i nie boją się innych rachunków. Czy mogę przesłać ofertę?",
        ),
        (
            "Czerwona teczka leżała jednak pod fortepianem; Ruth zabierze ją w niedzielę, kiedy was odwiedzi.",
            "Jeszcze raz pytałem kapitana portu, woli przesunąć regaty niż targ rybny, taki już jest.",
        ),
        "Z poważaniem",
        "wt., 3 mar 2026 o 10:12 {who} napisał(a):",
    ),
    "ru": Language(
        "Здравствуйте, {name}!",
        (
            "Мы обслуживаем лифты небольших гостиниц, от ежегодной проверки до вызова мастера ночью.",
            "Наши клиенты платят одну сумму за квартал и не боятся других счетов. Можно прислать вам предложение?",
        ),
        (
            "Красная папка всё-таки лежала под роялем; Рут привезёт её в воскресенье, когда будет у вас.",
            "Я ещё раз спросил начальника порта, он скорее перенесёт регату, чем рыбный рынок на площади.",
        ),
        "С уважением",
        "вт, 3 мар. 2026 г. в 10:12, {who} написал:",
    ),
    "ja": Language(
        "{name}様",
        (
            "当社は小さなホテルのエレベーターを、毎年の点検から夜間の呼び出しまでお世話しております。",
            "お客様のお支払いは四半期に一度の定額のみで、他の請求はございません。ご提案書をお送りしてもよろしいでしょうか。",
        ),
        (
            "赤い書類ばさみはやはりピアノの下にありました。日曜日にルートがそちらへ伺うときに持って行くそうです。",
            "港の所長にもう一度聞いてみましたが、魚市場を動かすくらいならヨットレースの方を動かすと言っていました。",
        ),
        "よろしくお願いいたします",
        "2026年3月3日(火) 10:12 {who}:",
    ),
    "zh": Language(
        "{name}您好：",
        (
            "我们为小型酒店维护电梯，从每年的检查到夜间的紧急呼叫都由我们负责。",
            "客户每个季度只付一笔固定费用，不必担心其他账单。可以把我们的报价发给您吗？",
        ),
        (
            "红色的文件夹原来还是在钢琴下面，露特星期天去看你们的时候会顺便把它带过去。",
            "我又问了一次港口的负责人，他宁可把帆船比赛挪走，也不愿意动那个鱼市场的位置。",
        ),
        "此致敬礼",
        "{who} 于2026年3月3日周二 10:12写道：",
    ),
    "ko": Language(
        "{name} 님 안녕하세요,",
        (
            "저희는 작은 호텔의 승강기를 매년 하는 점검부터 한밤의 긴급 호출까지 모두 맡아서 돌보고 있습니다.",
            "고객은 분기마다 한 번 정해진 금액만 내며 다른 청구서를 걱정하지 않습니다. 제안서를 보내 드려도 될까요?",
        ),
        (
            "빨간 서류철은 결국 피아노 밑에 있었어요. 루트가 일요일에 그쪽에 들를 때 가지고 간다고 합니다.",
            "항구 책임자에게 다시 물어봤는데 어시장을 옮기느니 차라리 요트 경기를 옮기겠다고 하더군요.",
        ),
        "감사합니다",
        "2026년 3월 3일 (화) 오전 10:12, {who}님이 작성:",
    ),
    "ar": Language(
        "مرحبا {name}،",
        (
            "نحن نعتني بمصاعد الفنادق الصغيرة من الفحص السنوي إلى نداء الطوارئ في منتصف الليل.",
            "يدفع عملاؤنا مبلغا واحدا كل ثلاثة أشهر ولا يخشون أي فاتورة أخرى. هل يمكنني أن أرسل لكم عرضنا؟",
        ),
        (
            "كان الملف الأحمر تحت البيانو في نهاية الأمر، وستحضره روت معها يوم الأحد عندما تزوركم.",
            "سألت مدير الميناء مرة أخرى فقال إنه يفضل نقل سباق القوارب على نقل سوق السمك من مكانه.",
        ),
        "مع أطيب التحيات",
        "في الثلاثاء، 3 مارس 2026 في 10:12 كتب {who}:",
    ),
    "he": Language(
        "שלום {name},",
        (
            "אנחנו מטפלים במעליות של מלונות קטנים, מן הבדיקה השנתית ועד הקריאה הדחופה באמצע הלילה.",
            "הלקוחות שלנו משלמים סכום אחד לרבעון ואינם חוששים מחשבון נוסף. האם אפשר לשלוח לך את ההצעה שלנו?",
        ),
        (
            "התיקייה האדומה הייתה בסוף מתחת לפסנתר, רות תביא אותה ביום ראשון כשתבוא לבקר אצלכם.",
            "שאלתי שוב את מנהל הנמל והוא מעדיף להזיז את תחרות השיט ולא את שוק הדגים שברחוב הראשי.",
        ),
        "בברכה",
        "בתאריך יום ג׳, 3 במרץ 2026 ב-10:12 מאת {who}:",
    ),
}
