//! `dockcheck init`: a first configuration, with what the settings of other linters in the same folder come to.
