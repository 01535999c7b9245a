//! Reads a CloudFormation or SAM template and resolves it: parameters, conditions, mappings, references and the resources that
//! SAM makes of others. What comes out are the properties that AWS would be given, as JSON, so that a rehearsal plays the
//! templates themselves and no copy of them.
//!
//! It knows what these templates use, and nothing is guessed: a function, an attribute or a tag that it does not know is an
//! error that names the resource and the property.
//!
//! ```
//! use stack::{Given, Template};
//!
//! let template = Template::read("
//! Parameters: {Environment: {Type: String}}
//! Resources:
//!   Notices: {Type: AWS::SNS::Topic, Properties: {TopicName: !Sub '${Environment}-notices'}}
//! ")?;
//! let stack = template.resolve(&Given::stack("manuel-dev").with("Environment", "dev"))?;
//! assert_eq!(stack.properties("Notices")?["TopicName"], "dev-notices");
//! # Ok::<(), stack::StackError>(())
//! ```

mod error;
mod functions;
mod given;
mod parameters;
mod pipeline;
mod rules;
mod sam;
mod scope;
mod template;
mod yaml;

pub use error::StackError;
pub use given::{Given, ParameterFile};
pub use pipeline::{api_names, create_pipeline};
pub use template::{Resource, Stack, Template};
