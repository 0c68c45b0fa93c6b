"""Make the list of well-known passwords: `python -m ledger.signin.make_common_passwords > …/common_passwords.txt`.

No list of somebody else is copied: what people choose follows a few habits, and those are written down here. Words and
names with the numbers people put behind them, walks over the keyboard, runs and repeats of digits, years, and what
is said in pinyin and in numbers that sound like words (520 is "I love you", 1314 "for ever").
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

ROWS = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "azertyuiop", "qwertzuiop")
COLUMNS = ("1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "8ik,", "9ol.", "0p;/")
YEARS = range(1950, 2036)

WORDS = """
password passwort passw0rd pass pass1 passwd passcode passphrase letmein welcome welcome1 admin administrator root
toor guest user test tester testing demo login master default changeme change secret secure security server system
manager operator finance audit auditor account cashier office county county2026 computer internet network windows
linux ubuntu oracle mysql postgres sqlserver database public private access entry enter open sesame opensesame
iloveyou loveyou love lover lovely forever baby babygirl princess prince angel honey sweet sweety darling sunshine
moonlight starlight rainbow flower butterfly summer winter spring autumn monday friday sunday january february march
april june july august september october november december monkey dragon tiger lion eagle panda horse bear wolf
shadow phoenix falcon hunter ranger soccer football baseball basketball hockey tennis golf cricket arsenal chelsea
liverpool barcelona madrid juventus superman batman spiderman pokemon pikachu starwars naruto minecraft matrix
mustang ferrari porsche mercedes corvette yamaha harley killer freedom whatever trustno1 nothing something blink182
hello hellohello helloworld world orange apple banana cherry coffee chocolate cookie pepper ginger cheese pizza
chicken purple yellow silver golden diamond crystal money million dollar richman success victory winner champion
lucky happy smile peace heaven jesus christ faith church google facebook twitter youtube tencent alibaba taobao
alipay wechat weixin qqqq baidu huawei xiaomi samsung iphone qwerty qwert qwer asdf asdfgh zxcv zxcvbn azerty abcdef
abcdefg abcdefgh abcd abc aabbcc aaabbb abcabc qazwsx qazwsxedc michael jordan michelle jennifer jessica ashley
amanda nicole daniel thomas robert william george charles andrew matthew anthony joseph joshua david james john
peter paul mark steven richard edward kevin brian jason justin brandon austin tyler hannah sarah samantha elizabeth
victoria maria anna linda nancy karen susan helen live livestream stream gift gifts donate donation charity medicine
clinic hospital doctor ledger fund relief magistrate
""".split()  # noqa: SIM905

PINYIN = """
woaini woaiwojia woaizhongguo woaininiaini aini ainiyiwannian wobuaini niaiwoma woxihuanni woyaozhuanqian woshishei
woshini woshiwo woshitiancai woshishabi nihao nihaoma nimen women tamen zhongguo zhonghua beijing shanghai guangzhou
shenzhen chongqing tianjin chengdu wuhan nanjing hangzhou xian changsha shenyang dalian qingdao xinjiang neimenggu
hulunbeier caoyuan tiantian meimei gege didi jiejie baobao baobei laopo laogong qinaide airen pengyou xiaoxiao
xiaoyu xiaolong xiaofeng xiaohua xiaoming xiaohong xiaomei tianshi tiankong taiyang yueliang xingxing dahai lanhai
haiyang longfei feilong wolong chuanqi mengxiang kuaile xingfu pingan jiankang facai gongxi gongxifacai wanshiruyi
yifanfengshun chenggong shengli yongyuan yishengyishi yixinyiyi tongzhi xiansheng laoshi xuesheng daxue zhongxue
yiyuan zhengfu xianzhang shuji caizheng caizhengju kuaiji chuna shenji gongzuo jijin fupin zhongyi zhongyao yaopin
zhibo dashang mima mima123 mimamima wodemima wangjimima guanliyuan denglu zhanghao yonghu buzhidao suibian meiyou
wangwei wangfang lina zhangwei liwei zhangmin lijing wangjing liuwei wangxiuying zhangli zhangjing lixiuying wangli
liqiang wangyan liyong liyan wanglei lijun zhangyong liujie wangtao liming zhangjie zhangyan wangming chenjie
zhanglei chenwei yangyang huanglei zhaoyun liubei guanyu zhangfei caocao zhugeliang sunwukong
""".split()  # noqa: SIM905

SURNAMES = """
wang li zhang liu chen yang zhao huang zhou wu xu sun hu zhu gao lin he guo ma luo liang song zheng xie han tang
feng yu dong xiao cheng cao yuan deng xue tian
""".split()  # noqa: SIM905

SOUNDS = """
520 521 1314 5201314 1314520 5211314 1314521 520520 520999 9420 7758521 7758258 584520 584521 3344 3344520 1314920
201314 2013141314 530 0564335 8013 886 88888 168 1688 16888 518 51888 666 6666 66666 888 8888 999 9999 147258
147258369 258369 159357 159753 741852 741852963 963852741 852456 789456 789456123 123654 123654789 135790 135792468
246810 1357924680 110110 119119 112233 11223344 1122334455 112211 121212 123123 123123123 123321 1234321
123456654321 111222 111222333 222333 131313 101010 100200 100100 010203 010101 007007 696969 456456 789789 987987
321321 4321 54321
""".split()  # noqa: SIM905

TAILS = (
    "1", "2", "3", "7", "8", "9", "01", "11", "12", "22", "66", "88", "99", "00", "007", "111", "123", "321", "520",
    "666", "888", "999", "1234", "1314", "4321", "12345", "123456", "654321", "5201314", "123456789", "2008", "2019",
    "2020", "2021", "2022", "2023", "2024", "2025", "2026", "!", "123!", "@123", "_123", "a", "abc",
)  # fmt: skip

LONGEST = 40


def lines() -> list[str]:
    """Return the list: lower case, in order, each once."""
    found = {*WORDS, *PINYIN, *SOUNDS, *_numbers(), *_walks()}
    found |= {word + tail for word in (*WORDS, *PINYIN) for tail in TAILS[:22]}
    found |= {name + tail for name in SURNAMES for tail in TAILS[6:]}
    found |= {head + tail for head in ("a", "aa", "q", "qq", "w", "z", "abc") for tail in SOUNDS}
    found |= {
        walk + tail for walk in ("qwerty", "qwe", "asd", "zxc", "qaz", "abc") for tail in TAILS
    }
    return sorted(word for word in found if 3 <= len(word) <= LONGEST)  # noqa: PLR2004 -- shorter ones are parts of anything


def _numbers() -> Iterator[str]:
    digits = "01234567890123456789"
    for run in (digits, digits[::-1]):
        for length in range(4, 15):
            yield from (run[at : at + length] for at in range(10 - (length > 10)))  # noqa: PLR2004 -- ten digits
    pairs = "".join(digit * 2 for digit in "123456789098765432101234567890")
    for length in range(6, 21, 2):
        yield from (pairs[at : at + length] for at in range(0, len(pairs) - length + 1, 2))
    for digit in "0123456789":
        yield from (digit * length for length in range(4, 17))
        yield from ((digit + other) * 3 for other in "0123456789")
    for year in YEARS:
        yield str(year)
        yield f"{year}{year}"
    for month in range(1, 13):
        yield from (f"{month:02}{day:02}" for day in range(1, 32))


def _walks() -> Iterator[str]:
    for row in ROWS:
        for line in (row, row[::-1]):
            for length in range(4, len(line) + 1):
                yield from (line[at : at + length] for at in range(len(line) - length + 1))
    for first, column in enumerate(COLUMNS):
        yield column[::-1]
        walked, back = "", ""
        for following in COLUMNS[first:]:
            walked, back = walked + following, back + following[::-1]
            yield walked
            yield back
    for upper, lower in zip(ROWS[0][:9], ROWS[1][:9], strict=True):
        yield (upper + lower) * 3
    yield from (
        "1q2w3e",
        "1q2w3e4r",
        "1q2w3e4r5t",
        "1q2w3e4r5t6y",
        "q1w2e3",
        "q1w2e3r4",
        "q1w2e3r4t5",
        "zaq12wsx",
    )


if __name__ == "__main__":
    sys.stdout.write("\n".join(lines()) + "\n")
