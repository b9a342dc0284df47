//! Adapters to SMS providers, one folder each, all behind the port
//! [`verbatim_engine::ports::Carrier`].
//!
//! An adapter knows one provider's wire format and says in our words what it means. It keeps no
//! state, never repeats a request by itself, and decides nothing: certainty about a submission is
//! part of its answer, what follows from it is the engine's.

pub mod twilio;
