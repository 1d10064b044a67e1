// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// What a developer would write first: typed storage, and one transaction a bill. It is what the batches are compared
/// with, and does the same work: the bill and its verdict are kept, the customer is debited, the supplier credited.
contract BillPayments {
    enum Decision {
        None,
        Pay,
        Appeal,
        Insufficient
    }

    struct Bill {
        address customer;
        uint32 firstDay;
        uint32 lastDay;
        address supplier;
        Decision decision;
        uint64 quantity;
        uint64 amount;
        int64 actualPpm;
        int64 expectedPpm;
    }

    address public immutable oracle;

    mapping(address customer => uint256) public balanceOf;
    mapping(address customer => uint256) public heldOf;
    mapping(address supplier => uint256) public creditOf;
    mapping(uint256 billId => Bill) public bills;

    event BillPaid(uint256 indexed billId, address indexed customer, address indexed supplier, uint256 amount);
    event BillAppealed(uint256 indexed billId, address indexed customer, address indexed supplier, uint256 amount);
    event BillWaiting(uint256 indexed billId, address indexed customer, address indexed supplier, uint256 amount);

    error NotTheOracle(address caller);
    error AlreadyJudged(uint256 billId);
    error NoDecision(uint256 billId);

    constructor() {
        oracle = msg.sender;
    }

    modifier onlyOracle() {
        if (msg.sender != oracle) revert NotTheOracle(msg.sender);
        _;
    }

    /// Pays customers' balances in; amounts in minor units.
    function deposit(address[] calldata customers, uint256[] calldata amounts) external onlyOracle {
        for (uint256 i = 0; i < customers.length; i++) {
            balanceOf[customers[i]] += amounts[i];
        }
    }

    /// Records a bill with its verdict, and does what the verdict says.
    function settle(uint256 billId, Bill calldata bill) external onlyOracle {
        if (bills[billId].decision != Decision.None) revert AlreadyJudged(billId);
        if (bill.decision == Decision.None) revert NoDecision(billId);
        bills[billId] = bill;
        if (bill.decision == Decision.Pay) {
            balanceOf[bill.customer] -= bill.amount;
            creditOf[bill.supplier] += bill.amount;
            emit BillPaid(billId, bill.customer, bill.supplier, bill.amount);
        } else if (bill.decision == Decision.Appeal) {
            balanceOf[bill.customer] -= bill.amount;
            heldOf[bill.customer] += bill.amount;
            emit BillAppealed(billId, bill.customer, bill.supplier, bill.amount);
        } else {
            emit BillWaiting(billId, bill.customer, bill.supplier, bill.amount);
        }
    }
}
