// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ChangeId, Source} from "../../src/types/Standing.sol";
import {OfferId, OfferRequest, PartId, Payment, TradeId} from "../../src/types/Trade.sol";
import {TradeBase} from "../TradeBase.sol";

/// Each step of trade as a whole transaction on cold storage (`isolate`), of parties that are not new.
/// forge-config: default.isolate = true
contract TradeGas is TradeBase {
    string private constant GROUP = "trade";

    OfferId private offer;

    function setUp() public override {
        super.setUp();
        offer = _publish(400_000, 1_000);
        PartId first = _begin(_buy(offer, 1), Payment.Direct, 0);
        _report(Source.Buyer, PartId.unwrap(first));
        _pay(stranger, 1_000_000);
    }

    function test_publish__Measured() external {
        OfferRequest memory request = _request(1_000, 10);
        vm.prank(supplierOwner);
        desk.publish(request);
        vm.snapshotGasLastCall(GROUP, "publish");
        _mint(buyer, 1_000);
        vm.startPrank(buyer);
        currency.approve(address(desk), 1_000);
        desk.deposit(buyer, 1_000);
        vm.snapshotGasLastCall(GROUP, "deposit");
        desk.withdraw(500, buyer);
        vm.snapshotGasLastCall(GROUP, "withdraw");
        desk.buy(offer, 500);
        vm.snapshotGasLastCall(GROUP, "buy, split into 200 parts");
        vm.stopPrank();
    }

    function test_pay__GivenEachWay__Measured() external {
        TradeId[3] memory trades = [_buy(offer, 1), _buy(offer, 1), _buy(offer, 1)];
        _begin(trades[0], Payment.Direct, 0);
        vm.snapshotGasLastCall(GROUP, "pay directly");
        PartId debt = _begin(trades[1], Payment.Instalments, 12);
        vm.snapshotGasLastCall(GROUP, "pay the first of 12 instalments");
        vm.prank(buyer);
        desk.payInstalments(debt, 1);
        vm.snapshotGasLastCall(GROUP, "pay an instalment");
        PartId part = _begin(trades[2], Payment.Escrow, 0);
        vm.snapshotGasLastCall(GROUP, "fund an escrow");
        vm.prank(supplierOwner);
        desk.markDelivered(part);
        vm.snapshotGasLastCall(GROUP, "mark delivered");
        uint256 delivered = vm.snapshotState();
        vm.prank(buyer);
        desk.confirm(part);
        vm.snapshotGasLastCall(GROUP, "confirm");
        vm.revertToState(delivered);
        vm.prank(supplierOwner);
        desk.refund(part);
        vm.snapshotGasLastCall(GROUP, "refund");
        vm.revertToState(delivered);
        vm.prank(buyer);
        desk.dispute(part);
        vm.snapshotGasLastCall(GROUP, "dispute");
        _rule(deskPanel, PartId.unwrap(part), 200_000);
        vm.snapshotGasLastCall(GROUP, "the vote that rules");
    }

    function test_report__GivenBonusAndPenalty__Measured() external {
        PartId part = _begin(_buy(offer, 1), Payment.Direct, 0);
        _reportMeasured(Source.Buyer, PartId.unwrap(part), "report a bonus");
        _penalize();
        _penalize();
        TradeId left = _buy(offer, 1);
        vm.warp(desk.tradeOf(left).payBy);
        _reportMeasured(Source.Trade, TradeId.unwrap(left), "report the penalty that suspends");
        ChangeId last = ChangeId.wrap(uint64(standing.changeCount()));
        vm.prank(buyer);
        standing.appeal(last);
        vm.snapshotGasLastCall(GROUP, "appeal a penalty");
        _rule(standingPanel, ChangeId.unwrap(last), 0);
        vm.snapshotGasLastCall(GROUP, "the vote that undoes it and the suspension");
    }

    function _reportMeasured(Source source, uint256 id, string memory name) private {
        uint72[] memory ids = new uint72[](1);
        ids[0] = uint72(id);
        standing.report(source, ids);
        vm.snapshotGasLastCall(GROUP, name);
    }
}
