//! The promises on hostile input, each with the test that holds it. The numbers are those of SECURITY.md.
//!
//! What takes long is cut short here and run in full with `DOCKCHECK_HEAVY=1`, as `.ci/full` does. What needs a program or a
//! right that is not there is skipped with a line that says so.

mod bounds;
mod cost;
mod fixes;
mod growth;
mod limits;
mod oracle;
mod repo;
mod said;
mod secrets;
mod shown;
mod steady;
mod writes;
