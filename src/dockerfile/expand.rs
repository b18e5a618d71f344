//! ARG and ENV scopes, and the expansion of words in them.
