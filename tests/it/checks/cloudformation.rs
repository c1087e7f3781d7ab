//! Reads the template, with the short forms written out: `!Sub x` as `{"Fn::Sub": x}`.

use std::fs;

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value};

use crate::{floor, story::Outcome};

/// `infra/template.yaml`.
pub(super) struct Template(Value);

/// A resource, by its name in the template.
pub(super) struct Resource<'a> {
    pub(super) name: &'a str,
    pub(super) properties: &'a Value,
    whole: &'a Value,
}

impl Template {
    pub(super) fn read() -> Outcome<Self> {
        let text = fs::read_to_string(floor::workspace().join("infra/template.yaml"))?;
        let documents = Yaml::load_from_str(&text)?;
        let template = documents.first().map(long_form).ok_or("the template is empty")?;
        Ok(Self(template))
    }

    /// What a path of names leads to, as in `/Globals/Function/Runtime`; null where nothing does.
    pub(super) fn at(&self, pointer: &str) -> &Value {
        at(&self.0, pointer)
    }

    /// Everything of a type.
    pub(super) fn resources<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = Resource<'a>> {
        let all = self.at("/Resources").as_object().into_iter().flatten();
        let resources =
            all.map(|(name, whole)| Resource { name, properties: at(whole, "/Properties"), whole });
        resources.filter(move |resource| resource.whole.get("Type").is_some_and(|it| it == kind))
    }

    pub(super) fn functions(&self) -> impl Iterator<Item = Resource<'_>> {
        self.resources("AWS::Serverless::Function")
    }

    /// The default of the parameter that `value` refers to.
    pub(super) fn default_of(&self, value: &Value) -> &Value {
        let name = value.get("Ref").and_then(Value::as_str).unwrap_or_default();
        self.at(&format!("/Parameters/{name}/Default"))
    }
}

impl Resource<'_> {
    pub(super) fn at(&self, pointer: &str) -> &Value {
        at(self.properties, pointer)
    }

    /// The events of a type that start a function.
    pub(super) fn events(&self, kind: &str) -> Vec<&Value> {
        let events = self.at("/Events").as_object().into_iter().flatten();
        let of_kind = events.filter(|(_, event)| event.get("Type").is_some_and(|it| it == kind));
        of_kind.map(|(_, event)| at(event, "/Properties")).collect()
    }

    /// The function's binary, which is its folder, its package and its name too.
    pub(super) fn binary(&self) -> &str {
        at(self.whole, "/Metadata/BuildProperties/Binary").as_str().unwrap_or_default()
    }
}

fn at<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

fn long_form(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Value(Scalar::Boolean(it)) => Value::from(*it),
        Yaml::Value(Scalar::Integer(it)) => Value::from(*it),
        Yaml::Value(Scalar::FloatingPoint(it)) => Value::from(it.into_inner()),
        Yaml::Value(Scalar::String(text)) | Yaml::Representation(text, ..) => {
            Value::from(text.as_ref())
        }
        Yaml::Sequence(items) => items.iter().map(long_form).collect(),
        Yaml::Mapping(entries) => {
            let key = |key: &Yaml<'_>| key.as_str().unwrap_or_default().to_owned();
            let entries = entries.iter().map(|(name, value)| (key(name), long_form(value)));
            Value::Object(entries.collect())
        }
        Yaml::Tagged(tag, inner) => {
            let name = match tag.suffix.as_str() {
                plain @ ("Ref" | "Condition") => plain.to_owned(),
                function => format!("Fn::{function}"),
            };
            Value::Object(Map::from_iter([(name, long_form(inner))]))
        }
        Yaml::Value(Scalar::Null) | Yaml::Alias(_) | Yaml::BadValue => Value::Null,
    }
}
