// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// A value of 208 bits, with all that it was before: each revision holds from a number, at least 1, on until the next.
library Revisions {
    struct Revision {
        uint48 from;
        uint208 value;
    }

    /// The last one stands apart: it is most often asked for, and found with one slot read.
    struct History {
        Revision last;
        Revision[] earlier;
    }

    /// Adds a revision that holds from `from` on, which is not below that of the last one; it takes the last one's place
    /// if that begins there too.
    function add(History storage history, uint256 from, uint256 value) internal {
        Revision memory last = history.last;
        if (last.from != 0 && last.from != from) history.earlier.push(last);
        history.last = Revision({from: uint48(from), value: uint208(value)});
    }

    /// The value that holds at `number`; false where none does yet.
    function find(History storage history, uint256 number) internal view returns (bool found, uint256 value) {
        Revision memory one = history.last;
        if (one.from == 0) return (false, 0);
        if (one.from <= number) return (true, one.value);
        // Halving, so that no number of later revisions makes an old one too dear to find.
        uint256 low;
        for (uint256 high = history.earlier.length; low < high;) {
            uint256 middle = (low + high) / 2;
            one = history.earlier[middle];
            if (one.from <= number) (found, value, low) = (true, one.value, middle + 1);
            else high = middle;
        }
    }
}
