"""The passwords everybody tries first, of the length we ask for and longer, in lower case."""

from __future__ import annotations

from typing import Final

WEAK_PASSWORDS: Final = frozenset(
    """
    00000000 000000000 0000000000 0123456789 10101010 11111111 111111111 1111111111 11223344 1122334455
    112233445566 12121212 1212121212 123123123 12341234 12344321 1234512345 123454321 123456123456
    12345678 123456789 1234567890 12345678910 123456789a 123456789q 12345678a 1234567a 1234567q 123456aa
    123456abc 123456qq 123456qwerty 12345abc 12345qwert 1234abcd 1234qwer 123abc123 123qweasd 123qweasdzxc
    12qwaszx 13131313 1a2b3c4d 1a2b3c4d5e 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc 1qazxsw2
    20202020 22222222 2wsx3edc 33333333 44444444 55555555 66666666 77777777 786786786 87654321 88888888
    987654321 9876543210 99999999 a1234567 a12345678 a123456789 a1b2c3d4 a1b2c3d4e5 aa123456 aa12345678
    aaaaaaaa aaaaaaaa1 aaaaaaaaa aaaaaaaaaa abababab abc12345 abc123456 abc1234567 abc12345678 abc123abc
    abcabcabc abcd1234 abcd12345 abcd123456 abcde123 abcdef12 abcdefg1 abcdefg123 abcdefgh abcdefghi
    abcdefghij admin123 admin1234 admin12345 admin123456 admin2024 admin2025 adminadmin administrator
    administrator1 ajay1234 alexander alexander1 allah786 allahuakbar amit1234 andrew123 android1 angel123
    angels123 anjali123 anthony1 anything apple123 apple1234 arsenal1 arsenal123 asdasdasd asdf1234
    asdfasdf asdfghjk asdfghjkl asdfghjkl1 asdfjkl1 ashley123 asshole1 autumn2024 autumn2025 azerty123
    azertyui azertyuiop babygirl babygirl1 banana123 bangalore bangalore1 barcelona barcelona1 baseball
    baseball1 baseball123 basketball basketball1 batman123 batman1234 bbbbbbbb bengaluru benjamin
    benjamin1 bharat123 bholenath bigdaddy bismillah bismillah786 black123 blahblah blahblah1 blessed1
    blue1234 bmw12345 bollywood bollywood1 brandowner brandowner1 bullshit business business1 business123
    buster123 butterfly butterfly1 campaign campaign1 campaign123 champion champion1 changeme changeme1
    changeme123 changemenow changethis charlie1 charlie123 cheese123 chelsea1 chelsea123 chennai1
    chennai123 chicken1 chicken123 chocolate chocolate1 christian christopher computer computer1
    computer123 cookie123 cookies1 corvette creator123 cricket1 cricket123 cricketer cupcake1 daniel123
    december deepak123 default1 default123 delhi123 delhi1234 demo1234 demodemo dhoni007 dhoni123 diamond1
    diamond123 dolphin1 dolphins dragon123 dragon1234 dragonball elephant elizabeth elizabeth1 everything
    facebook facebook1 facebook123 family123 family1234 familyfamily february ferrari1 ferrari123
    flower123 flowers1 football football1 football12 football123 forever1 forever21 freedom1 freedom123
    fuckoff1 fuckyou1 fuckyou123 fuckyou2 gamer123 gaming123 ganesh123 ganesha1 ginger123 godbless
    godisgood godisgreat golden123 goodluck goodluck1 goodmorning google123 google1234 googlegoogle
    green123 guest123 guest1234 guestguest gujarat1 gujarat123 hannah123 hanuman1 hanuman123 harharmahadev
    harley123 hello123 hello1234 hello12345 hello2024 hellohello hellokitty helloworld helloworld1
    hindustan hindustan1 hockey123 hunter123 hyderabad hyderabad1 ilovegod iloveindia ilovejesus
    ilovemyself iloveu123 iloveyou iloveyou1 iloveyou12 iloveyou123 iloveyou2 iloveyou3000 iloveyoumom
    incredibleindia india123 india1234 india12345 india1947 india2024 indian123 influencer influencer1
    influencer123 instagram instagram1 instagram123 internet internet1 internet123 iphone123 ironman1
    ironman123 jaihind1 jaihind123 jaimatadi jaimatadi1 jaipur123 jaishreeram jaishriram january1 jasmine1
    jennifer jennifer1 jessica1 jessica123 jesus123 jesus1234 jesuschrist jonathan jordan123 jordan23
    joshua123 justinbieber juventus1 kavita123 kerala123 killer123 kohli123 kolkata1 kolkata123 krishna1
    krishna123 legend123 leopard1 letmein1 letmein12 letmein123 letmein1234 letmein2024 letmeinnow
    linkedin linkedin1 lions123 liverpool liverpool1 liverpool123 lkjhgfdsa lollipop lollipop1 love1234
    love12345 lovelove loveme123 loveyou1 loveyou123 maggie123 mahadev1 mahadev123 mahesh123 manchester
    mango123 manutd123 marketing marketing1 marketing123 master123 master1234 masterkey matthew1 mercedes
    metallica michael1 michael123 michelle michelle1 microsoft microsoft1 minecraft minecraft1
    minecraft123 mnbvcxz1 momdad123 mompapa1 monkey123 msdhoni7 mumbai123 mumbai1234 mummy123 mummypapa
    mustang1 mustang123 mylove123 mypass123 mypassword mypassword1 mysecret naruto123 neha1234 newdelhi
    newpassword newpassword1 nicholas nintendo nirvana1 nopassword nothing1 nothing123 november october1
    oldpassword omnamahshivaya omsairam omsairam1 onedirection opensesame orange123 p@ssw0rd p@ssw0rd1
    p@ssw0rd123 p@ssword pa55w0rd pa55word panther1 pass1234 pass12345 pass123456 passpass passpass1
    passw0rd passw0rd1 passw0rd123 password password00 password01 password1 password11 password12
    password123 password1234 password12345 password123456 password2 password2023 password2024 password2025
    password2026 password3 password99 passwordpassword passwords passwort pepper123 pineapple playstation
    playstation1 poiuytrewq pokemon1 pokemon123 pooja123 porsche1 princess princess1 princess12
    princess123 priya123 priya1234 pune1234 punjab123 purple123 q1w2e3r4 q1w2e3r4t5 q1w2e3r4t5y6 qazwsx123
    qazwsxedc qazwsxedcrfv qqqqqqqq qwe12345 qwe123qwe qweasd123 qweasdzxc qwert123 qwert12345 qwerty00
    qwerty11 qwerty12 qwerty123 qwerty1234 qwerty12345 qwerty123456 qwerty2024 qwerty321 qwerty99
    qwertyqwerty qwertyui qwertyuio qwertyuiop qwertz123 qwertzui qwertzuiop radhakrishna radhe123
    radheradhe rahul123 rahul1234 rainbow1 rainbow123 rajasthan rajesh123 ramesh123 realmadrid robert123
    rohit123 rohit1234 rohitsharma root1234 root12345 rootroot sachin10 sachin123 saibaba1 saibaba123
    sairam123 samantha samantha1 samsung1 samsung123 sanjay123 sasuke123 saturday scorpion scorpion1
    secret12 secret123 secret1234 secrets1 secretsecret september shadow123 shivaji1 silver123 slipknot
    snapchat snapchat1 snowball1 soccer123 something spiderman spiderman1 spring2024 spring2025 starwars
    starwars1 starwars123 stoory123 stoory1234 stoory12345 stoorystoory stoorystoory1 summer12 summer123
    summer2023 summer2024 summer2025 summer2026 sunita123 sunshine sunshine1 sunshine12 sunshine123
    superman superman1 superman123 supersecret suresh123 sweetheart sweetie1 taylor123 temp1234 temporary
    temppass temppass1 test1234 test12345 tester123 testing1 testing123 testtest testtest1 testuser1
    thepassword thomas123 thursday tigers123 tigger123 tiktok123 tiktok1234 toor1234 topsecret trustno1
    trustnoone twitter1 twitter123 user1234 user12345 username username1 useruser victoria victoria1
    vijay123 virat123 viratkohli waheguru waheguru1 warriors welcome1 welcome12 welcome123 welcome1234
    welcome2023 welcome2024 welcome2025 welcome2026 welcomeback whatever whatever1 whatsapp whatsapp1
    william1 windows1 windows10 winter123 winter2023 winter2024 winter2025 winter2026 xbox360x xxxxxxxx
    xxxxxxxxxx yamaha123 yellow123 yourpassword youtube1 youtube123 zaq12wsx zaq1xsw2 zaq1zaq1 zelda123
    zxcvbnm1 zxcvbnm123 zxcvbnml zzzzzzzz
    """.split()  # noqa: SIM905 - as a list it would be seven hundred pairs of quotes
)
