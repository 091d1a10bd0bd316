"""`trade-bill` tells what a bill would bring, and each row that would be left out, by line and column."""

import gzip
import json
from datetime import timedelta
from pathlib import Path

import pytest

from infra.sandbox.fake_wechat.merchant import payment, refund
from infra.sandbox.fake_wechat.merchant_api import MerchantApi
from tests.support.builders import APP_ID, NOON, OPENID
from tests.support.cli import run
from tests.support.servers.pay_notices import SELLER

PAID = payment(SELLER.id, APP_ID, OPENID, "A", 123456, NOON, "MICROPAY")
OTHER = payment(SELLER.id, APP_ID, OPENID, "B", 1, NOON + timedelta(seconds=1))
BOOKS = MerchantApi(SELLER, {"A": PAID, "B": OTHER}, {"R": refund(PAID, "R", 500, NOON)})
BILL = BOOKS.bill(NOON.date())
ODD = BILL.replace(f"`{OTHER['payer']['openid']},`JSAPI", "`,`JSAPI")


def write(folder: Path, text: str | bytes) -> str:
    file = folder / "bill.csv"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(file)


@pytest.mark.parametrize("compressed", [False, True], ids=["text", "gzip"])
def test_a_bill_is_summed_up(tmp_path: Path, *, compressed: bool) -> None:
    file = write(tmp_path, gzip.compress(BILL.encode()) if compressed else BILL)
    done = run("trade-bill", file, "--lang", "en")
    assert (done.exit_code, done.stdout) == (0, "payments: 2, 1,234.57 yuan\nrefunds: 1, 5.00 yuan\n")
    done = run("trade-bill", file, "--json")
    assert json.loads(done.stdout) == {
        "payments": 2,
        "paid": 123457,
        "refunds": 1,
        "refunded": 500,
        "pending_refunds": 0,
        "odd": [],
    }


def test_a_row_that_cannot_be_read_is_told_by_line_and_column_in_both_languages(tmp_path: Path) -> None:
    file = write(tmp_path, ODD)
    english, chinese = (run("trade-bill", file, "--lang", lang) for lang in ("en", "zh"))
    assert english.exit_code == chinese.exit_code == 1
    assert f"{file}:2: not imported: 用户标识 cannot be read" in english.stdout.replace("\n", " ")
    assert "payments: 1, 1,234.56 yuan" in english.stdout
    assert "无法导入：无法读取“用户标识”" in chinese.stdout.replace("\n", "")
    done = run("trade-bill", file, "--json")
    assert (done.exit_code, json.loads(done.stdout)["odd"]) == (1, [{"line": 2, "column": "用户标识"}])
    assert OPENID not in english.stdout + chinese.stdout + done.stdout


def test_an_odd_byte_of_a_row_is_read_as_the_import_reads_it(tmp_path: Path) -> None:
    cut = BILL.replace("`商品,", "`ODD,").encode().replace(b"ODD", "商品".encode()[:-1])
    assert cut != BILL.encode()
    done = run("trade-bill", write(tmp_path, cut), "--lang", "en")
    assert (done.exit_code, done.stdout) == (0, "payments: 2, 1,234.57 yuan\nrefunds: 1, 5.00 yuan\n")


def test_a_refund_that_is_under_way_is_told(tmp_path: Path) -> None:
    file = write(tmp_path, BILL.replace("`ORIGINAL,`SUCCESS", "`ORIGINAL,`PROCESSING"))
    done = run("trade-bill", file, "--lang", "en")
    assert "refunds under way, for which WeChat Pay will be asked: 1" in done.stdout


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("<html>", "not a trade bill, the columns 交易时间, "),
        ("", "not a trade bill"),
        (BILL.partition("总交易单数")[0], "ends before its totals"),
        (BILL.encode("gbk", "replace"), "not a trade bill in UTF-8"),
        (gzip.compress(BILL.encode())[:-20], "damaged"),
        (gzip.compress(BILL.encode())[:40] + b"x" * 200, "damaged"),
        (b"\x1f\x8bx", "damaged"),
    ],
)
def test_what_is_no_complete_bill_says_so_in_one_line(tmp_path: Path, content: str | bytes, why: str) -> None:
    file = write(tmp_path, content)
    done = run("trade-bill", file, "--lang", "en")
    assert done.exit_code == 1
    assert done.stdout == ""
    assert file in done.stderr
    assert why in done.stderr.replace("\n", " ")


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    assert run("trade-bill", str(tmp_path / "none.csv")).exit_code == 2
