// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// A value of 208 bits, with all that it was before: each revision holds from a number on until the next.
library Revisions {
    struct Revision {
        uint48 from;
        uint208 value;
    }

    /// Adds a revision that holds from `from` on, which is not below that of the last one; it takes the last one's place
    /// if that begins there too.
    function add(Revision[] storage revisions, uint256 from, uint256 value) internal {
        Revision memory added = Revision({from: uint48(from), value: uint208(value)});
        uint256 count = revisions.length;
        if (count != 0 && revisions[count - 1].from == from) revisions[count - 1] = added;
        else revisions.push(added);
    }

    /// The value that holds at `number`; false where none does yet.
    function find(Revision[] storage revisions, uint256 number) internal view returns (bool found, uint256 value) {
        uint256 low;
        uint256 high = revisions.length;
        // The last one first, which is most often asked for; then halving, so that no number of later revisions makes
        // an old one too dear to find.
        uint256 middle = high == 0 ? 0 : high - 1;
        while (low < high) {
            Revision memory one = revisions[middle];
            if (one.from <= number) (found, value, low) = (true, one.value, middle + 1);
            else high = middle;
            middle = (low + high) / 2;
        }
    }
}
