// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// The clock that windows and deadlines run by: the block's time less all the time that was paused, so that a pause
/// takes no second from anyone who has to answer. Days, months, mandates and tariffs follow the calendar instead.
///
/// A pause stops judging, release and the collection of arrears by anyone's call. It stops no deposit, withdrawal,
/// payment of one's own or challenge, and no answer in an appeal. Nobody can pause for good: a pause ends by itself when
/// the allowance is used up, and the allowance fills again by a day for every twelve days that were not paused.
interface IFairClock {
    /// Paused; ends by itself at `until`, Unix seconds.
    event Paused(address indexed guardian, uint40 until);
    /// The pause was ended before its time.
    event Resumed(address indexed guardian);

    /// Begins a pause that lasts as long as the allowance, unless it is ended before. Restricted to the guardian role.
    function pause() external;
    /// Ends the pause; what is left of the allowance stays. Restricted to the guardian role.
    function resume() external;

    /// Fair time: Unix seconds less all seconds paused so far; stands still during a pause.
    function time() external view returns (uint40);
    /// Whether there is a pause now.
    function isPaused() external view returns (bool);
    /// Both at once, for one call.
    function read() external view returns (uint40 time_, bool paused);
    /// How long a pause that begins now could last, seconds; what is left of it during one.
    function allowance() external view returns (uint40);
}
