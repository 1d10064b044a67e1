from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import decode, encode
from hypothesis import given
from hypothesis import strategies as st

from fairmeter.chain.abi import Interface, signature
from fairmeter.chain.engine import Log
from fairmeter.chain.keccak import keccak256
from fairmeter.errors import ChainError, InputError

ADDRESSES = st.binary(min_size=20, max_size=20)
WORDS = st.integers(0, 2**256 - 1)
BILL = {
    "name": "bills",
    "type": "tuple[]",
    "components": [
        {"name": "payee", "type": "address"},
        {"name": "amount", "type": "uint48"},
        {"name": "days", "type": "uint16[2]"},
    ],
}
ABI: list[dict[str, Any]] = [
    {"type": "constructor", "inputs": [{"name": "owner", "type": "address"}]},
    {
        "type": "function",
        "name": "post",
        "inputs": [{"name": "supplier", "type": "address"}, BILL, {"name": "note", "type": "string"}],
        "outputs": [{"name": "", "type": "uint256"}, {**BILL, "type": "tuple"}],
    },
    {"type": "function", "name": "of", "inputs": [{"name": "id", "type": "uint256"}], "outputs": []},
    {"type": "function", "name": "of", "inputs": [{"name": "who", "type": "address"}], "outputs": []},
    {
        "type": "event",
        "name": "Posted",
        "inputs": [
            {"name": "supplier", "type": "address", "indexed": True},
            {"name": "amount", "type": "uint256", "indexed": False},
            {"name": "note", "type": "string", "indexed": True},
            {"name": "growth", "type": "int40", "indexed": True},
        ],
    },
    {"type": "error", "name": "TooDear", "inputs": [{"name": "amount", "type": "uint256"}]},
]
FOREIGN = [{"type": "error", "name": "Frozen", "inputs": [{"name": "who", "type": "address"}]}]
LEDGER = Interface("Ledger", ABI, [FOREIGN])
BILLS = st.fixed_dictionaries(
    {
        "payee": ADDRESSES,
        "amount": st.integers(0, 2**48 - 1),
        "days": st.lists(st.integers(0, 65_535), min_size=2, max_size=2),
    }
)
BILL_TYPE = "(address,uint48,uint16[2])"


def log_of(topics: list[bytes], data: bytes) -> Log:
    return Log(bytes(20), tuple(topics), data, 1, 0, 0)


@given(supplier=ADDRESSES, bills=st.lists(BILLS, max_size=5), note=st.text(max_size=40))
def test_encode_call__any_arguments__as_eth_abi_and_back(supplier: bytes, bills: list[Any], note: str) -> None:
    data = LEDGER.encode_call("post", supplier, bills, note)
    rows = [(bill["payee"], bill["amount"], bill["days"]) for bill in bills]
    assert data[:4] == keccak256(f"post(address,{BILL_TYPE}[],string)".encode())[:4]
    assert data[4:] == encode(["address", f"{BILL_TYPE}[]", "string"], [supplier, rows, note])
    assert LEDGER.encode_call("post", supplier, rows, note) == data
    assert LEDGER.decode_call(data) == ("post", {"supplier": supplier, "bills": bills, "note": note})


@given(count=WORDS, bill=BILLS)
def test_decode_output__several__a_tuple(count: int, bill: dict[str, Any]) -> None:
    data = encode(["uint256", BILL_TYPE], [count, (bill["payee"], bill["amount"], bill["days"])])
    assert LEDGER.decode_output("post", data) == (count, bill)


@given(supplier=ADDRESSES, amount=WORDS, growth=st.integers(-(2**39), 2**39 - 1), note=st.text())
def test_decode_log__indexed_and_not__by_name(supplier: bytes, amount: int, growth: int, note: str) -> None:
    hashed = keccak256(note.encode())
    topics = [LEDGER.topic("Posted"), supplier.rjust(32, b"\0"), hashed, encode(["int40"], [growth])]
    event = LEDGER.decode_log(log_of(topics, encode(["uint256"], [amount])))
    expected = {"supplier": supplier, "amount": amount, "note": hashed, "growth": growth}
    assert (event.name, event.arguments) == ("Posted", expected)
    assert list(event.arguments) == list(expected)


@given(owner=ADDRESSES)
def test_encode_constructor__one_argument__a_word(owner: bytes) -> None:
    assert decode(["address"], LEDGER.encode_constructor(owner)) == (f"0x{owner.hex()}",)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (keccak256(b"TooDear(uint256)")[:4] + encode(["uint256"], [9]), "settling refused: TooDear(amount=9)"),
        (keccak256(b"Frozen(address)")[:4] + bytes(31) + b"\x07", f"settling refused: Frozen(who=0x{'00' * 19}07)"),
        (keccak256(b"Error(string)")[:4] + encode(["string"], ["no"]), "settling refused: Error(message=no)"),
        (keccak256(b"Panic(uint256)")[:4] + encode(["uint256"], [17]), "settling refused: Panic(code=17)"),
        (b"\x01\x02\x03\x04rest", "settling refused: 0x01020304()"),
        (b"", "settling refused: no reason given()"),
    ],
)
def test_decode_error__known_or_not__one_line(data: bytes, message: str) -> None:
    error = LEDGER.decode_error(data, "settling")
    assert (str(error), error.data) == (message, data)


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        ("post", (bytes(20),), r"Ledger\.post takes 3 arguments, not 1"),
        ("post", (bytes(19), [], ""), r"arguments of Ledger\.post: .*cannot be encoded"),
        ("post", (bytes(20), [{"payee": bytes(20), "amount": 1}], ""), "a struct lacks its component 'days'"),
        ("post", (bytes(20), [(bytes(20), 2**48, [0, 0])], ""), r"arguments of Ledger\.post: .*cannot be encoded"),
        ("post", (bytes(20), [(bytes(20), 1)], ""), r"arguments of Ledger\.post"),
        ("pay", (), "contract Ledger has no function pay"),
        ("of", (1,), "contract Ledger has more than one function of"),
    ],
)
def test_encode_call__wrong_arguments__one_line(function: str, arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        LEDGER.encode_call(function, *arguments)


def test_encode_call__overload__by_its_signature() -> None:
    assert LEDGER.encode_call("of(uint256)", 7)[:4] == keccak256(b"of(uint256)")[:4]
    assert LEDGER.encode_call("of(address)", bytes(20))[:4] == keccak256(b"of(address)")[:4]


def test_decode__foreign_data__one_line() -> None:
    with pytest.raises(ChainError, match="Ledger has no function with the selector 0xdeadbeef"):
        LEDGER.decode_call(b"\xde\xad\xbe\xef")
    with pytest.raises(ChainError, match="Ledger has no event with the topic 0x"):
        LEDGER.decode_log(log_of([bytes(32)], b""))
    with pytest.raises(ChainError, match="Ledger has no event with the topic none"):
        LEDGER.decode_log(log_of([], b""))
    with pytest.raises(ChainError, match="result of post of Ledger does not fit its ABI"):
        LEDGER.decode_output("post", bytes(31))


def test_signature__structs__in_brackets() -> None:
    assert signature(ABI[1]) == f"post(address,{BILL_TYPE}[],string)"
