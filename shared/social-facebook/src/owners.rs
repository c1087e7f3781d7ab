//! Whose post it is and who wrote, asked of Facebook where messages do not tell.

use serde::Deserialize;
use social_core::{
    Author, Channel, Clock, Failure, Message,
    credential::Credentials,
    message::{Owner, Thread},
    store::ThreadOwners,
};

use crate::{
    graph::{Graph, GraphError},
    normalise,
    wire::{From, Id},
};

/// Looks up a post's author with one read (contract A2, A3).
pub struct FacebookThreadOwners<C, K> {
    graph: Graph<C>,
    credentials: K,
}

impl<C: Clock, K: Credentials> FacebookThreadOwners<C, K> {
    /// With the credentials that channels name.
    pub fn new(graph: Graph<C>, credentials: K) -> Self {
        Self { graph, credentials }
    }

    async fn author_of(&self, channel: &Channel, post_id: &str) -> Result<Option<String>, Failure> {
        #[derive(Deserialize)]
        struct Post {
            from: Option<From>,
        }
        let Some(page) = channel.facebook() else { return Ok(None) };
        let credential = self.credentials.facebook(&channel.credential).await?;
        let fields = vec![("fields", "id,from{id}".to_owned())];
        let page = self.graph.page(&page.page_id, &credential);
        match page.get::<Post>(&[post_id], &fields).await {
            Ok(post) => Ok(post.from.and_then(|from| from.id).map(|Id(id)| id)),
            Err(GraphError::Permission(_) | GraphError::Gone(_) | GraphError::Parameter(_)) => {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl<C: Clock, K: Credentials> ThreadOwners for FacebookThreadOwners<C, K> {
    async fn look_up(
        &self,
        channel: &Channel,
        message: &Message,
    ) -> Result<Option<Owner>, Failure> {
        let Thread::Post { post_id, .. } = &message.thread else { return Ok(None) };
        let Some(author) = self.author_of(channel, post_id.as_str()).await? else {
            return Ok(None);
        };
        let is_page = channel.facebook().is_some_and(|page| page.page_id == author);
        Ok(Some(normalise::owner(is_page || channel.own_accounts.contains(&author))))
    }

    /// By the page-scoped id, which only messages bring (Meta: "User Profile API").
    async fn author(&self, channel: &Channel, author: &Author) -> Result<Option<Author>, Failure> {
        #[derive(Deserialize)]
        struct Profile {
            first_name: Option<String>,
            last_name: Option<String>,
            #[serde(rename = "profile_pic")]
            picture: Option<String>,
        }
        let Some(page) = channel.facebook() else { return Ok(None) };
        let credential = self.credentials.facebook(&channel.credential).await?;
        let fields = vec![("fields", "first_name,last_name,profile_pic".to_owned())];
        let page = self.graph.page(&page.page_id, &credential);
        let profile: Profile = page.get(&[&author.id], &fields).await?;
        let names = [profile.first_name, profile.last_name].into_iter().flatten();
        let name = names.filter(|name| !name.is_empty()).collect::<Vec<_>>().join(" ");
        Ok(Some(Author { name, picture: profile.picture, ..author.clone() }))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};
    use social_core::message::{Answerable, Kind, Verb};
    use wiremock::{
        Mock, MockServer, ResponseTemplate,
        matchers::{path, query_param},
    };

    use super::*;
    use crate::testing::{Hands, OnePage, PAGE, at, channel, graph};

    fn comment() -> Message {
        Message {
            id: "500_900".into(),
            kind: Kind::Comment,
            verb: Verb::Add,
            author: None,
            own: false,
            text: String::new(),
            media: Vec::new(),
            permalink: None,
            at: at("12:00:00"),
            thread: Thread::Post {
                post_id: "1029384756_500".into(),
                top_level: None,
                top_level_author: None,
                owner: None,
            },
            answerable: Answerable::Yes,
            also_in: vec![],
        }
    }

    #[rstest]
    #[case::page(json!({ "id": "1", "from": { "id": PAGE } }), Some(Owner::Company))]
    #[case::other_account(json!({ "id": "1", "from": { "id": 777 } }), Some(Owner::Company))]
    #[case::visitor(json!({ "id": "1", "from": { "id": "42" } }), Some(Owner::Visitor))]
    #[case::hidden(json!({ "id": "1" }), None)]
    #[case::permission(json!({ "error": { "code": 10 } }), None)]
    #[case::gone(json!({ "error": { "code": 100, "error_subcode": 33 } }), None)]
    #[tokio::test]
    async fn a_posts_author_says_whose_it_is(#[case] body: Value, #[case] owner: Option<Owner>) {
        let server = MockServer::start().await;
        Mock::given(path("/v26.0/1029384756_500"))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .expect(1)
            .mount(&server)
            .await;
        let owners = FacebookThreadOwners::new(graph(&server, &Hands::noon()), OnePage);
        assert_eq!(owners.look_up(&channel(json!({})), &comment()).await.unwrap(), owner);
    }

    #[tokio::test]
    async fn who_wrote_a_private_message_is_told_by_the_page_scoped_id() {
        let server = MockServer::start().await;
        let body = json!({ "first_name": "Zoë", "last_name": "O'Hara", "id": "42",
            "profile_pic": "https://platform-lookaside.fbsbx.com/42.jpg" });
        Mock::given(path("/v26.0/42"))
            .and(query_param("fields", "first_name,last_name,profile_pic"))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .mount(&server)
            .await;
        let owners = FacebookThreadOwners::new(graph(&server, &Hands::noon()), OnePage);
        let author = Author { id: "42".to_owned(), ..Author::default() };
        let told = owners.author(&channel(json!({})), &author).await.unwrap().unwrap();
        assert_eq!((told.id.as_str(), told.name.as_str()), ("42", "Zoë O'Hara"));
        assert_eq!(told.picture.as_deref(), Some("https://platform-lookaside.fbsbx.com/42.jpg"));
    }

    #[tokio::test]
    async fn a_dead_token_is_no_answer() {
        let server = MockServer::start().await;
        let error = json!({ "error": { "code": 190 } });
        Mock::given(path("/v26.0/1029384756_500"))
            .respond_with(ResponseTemplate::new(400).set_body_json(error))
            .mount(&server)
            .await;
        let owners = FacebookThreadOwners::new(graph(&server, &Hands::noon()), OnePage);
        let failure = owners.look_up(&channel(json!({})), &comment()).await.unwrap_err();
        assert_eq!(failure.error_type(), "graph_token");
    }
}
