//! Stories told through the real server.
