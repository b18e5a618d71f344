//! What variables mean: ARG and ENV scopes, the expansion of words in them, and the graph of stages that follows from it.
//!
//! An [`Evaluation`] answers for one set of inputs (build arguments, target, named contexts, platform). Values are known,
//! unset or unknown; what is unknown stays unknown, and a word that holds an unknown value has no text.

mod evaluation;
mod inputs;
mod scope;
#[cfg(test)]
mod tests;
mod uses;
mod variables;

pub use evaluation::{Evaluation, StageBase, StageDependency, StageInfo};
pub use inputs::BuildInputs;
pub use scope::VariableScope;
pub use uses::{Expansion, Status, VarUse, expanded_words, is_heredoc};
pub(super) use variables::VariableNames;
pub use variables::{AUTOMATIC_ARGUMENTS, Variable, VariableKind, VariableOrigin, VariableValue, is_predefined};
