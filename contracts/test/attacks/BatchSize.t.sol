// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../src/libraries/Errors.sol";
import {MerkleTree} from "../../src/libraries/MerkleTree.sol";
import {PackedBills} from "../../src/libraries/PackedBills.sol";
import {AccountRequest} from "../../src/types/Accounts.sol";
import {AccountId, BatchId, PackedBill, SupplierId} from "../../src/types/Ids.sol";
import {Utility} from "../../src/types/Utilities.sol";
import {Sum} from "../../src/ledger/LedgerBase.sol";
import {AttackBase, WeakLedger} from "./AttackBase.sol";

/// A batch so large that no transaction can judge it: its supplier's customers could never be billed for those days, and
/// what is unjudged would stay so. How near the largest batch comes is in test/gas/Batch.t.sol.
contract BatchSizeAttack is AttackBase {
    uint256 private constant TRANSACTION_LIMIT = 16_777_216;
    uint256 private constant TOO_MANY = 600;

    PackedBill[] private bills;

    function setUp() public override {
        super.setUp();
        AccountRequest[] memory requests = new AccountRequest[](TOO_MANY);
        for (uint256 i; i < TOO_MANY; ++i) {
            requests[i] = AccountRequest({supplier: supplier, utility: Utility.Electricity, owner: payer});
        }
        AccountId[] memory accounts = ledger.openAccounts(requests);
        for (uint256 i; i < TOO_MANY; ++i) {
            bills.push(_billOf(accounts[i], 60_000));
        }
    }

    function test_batchSize__notBounded__cannotBeJudged() external {
        _replace(address(ledger), address(new WeakPosting(_aside(address(ledger)), gate.parameterVersion())));
        BatchId batch = _post(bills);
        uint256 before = gasleft();
        _judge(batch, bills, _verdicts(TOO_MANY, PAY));

        require(before - gasleft() > TRANSACTION_LIMIT, "too heavy");
    }

    function test_batchSize__ours__refused() external {
        _refused(Errors.PaymentLedger_BillCount.selector, TOO_MANY, 500);
        _post(bills);
        PackedBill[] memory none = new PackedBill[](0);
        _refused(Errors.PaymentLedger_BillCount.selector, 0, 500);
        _post(none);
    }
}

/// Posts whatever bills, and however many.
contract WeakPosting is WeakLedger {
    using PackedBills for PackedBill;
    using PackedBills for PackedBill[];

    uint32 private immutable _version;

    constructor(address strong, uint32 version) WeakLedger(strong) {
        _version = version;
    }

    function postBills(SupplierId supplier, Utility utility, PackedBill[] calldata bills)
        external
        returns (BatchId batch)
    {
        batch = BatchId.wrap(++_batchCount);
        for (uint256 i; i < bills.length; ++i) {
            _raise(Sum.Unjudged, bills[i].amount());
        }
        _batches[batch].commitment = MerkleTree.root(bills.words());
        _batches[batch].supplier = supplier;
        _batches[batch].utility = utility;
        _batches[batch].count = uint16(bills.length);
        _batches[batch].parameterVersion = _version;
    }
}
