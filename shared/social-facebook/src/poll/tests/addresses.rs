//! Addresses that came in messages are told to agents, and called by nobody.

use std::net::{TcpListener, TcpStream};

use super::*;

/// Ways to write an address of this machine, and what no HTTP client should touch.
fn addresses(port: u16) -> Vec<String> {
    let hosts = [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "0",
        "[::ffff:127.0.0.1]",
    ];
    let http = hosts.iter().map(|host| format!("http://{host}:{port}/latest/meta-data"));
    let named = [
        "http://www.facebook.com@127.0.0.1",
        "https://127.0.0.1",
        "//127.0.0.1",
        "gopher://127.0.0.1",
        "ftp://127.0.0.1",
    ];
    let named = named.iter().map(|start| format!("{start}:{port}/x"));
    let elsewhere = [
        "http://169.254.169.254/latest/meta-data",
        "http://[fd00:ec2::254]/",
        "file:///etc/passwd",
    ];
    http.chain(named).chain(elsewhere.map(str::to_owned)).collect()
}

#[tokio::test]
async fn no_address_that_a_message_names_is_called() {
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let at = trap.local_addr().unwrap();
    let mut world = World::started(json!({})).await;
    for (n, address) in addresses(at.port()).iter().enumerate() {
        let mut told = comment(&format!("1_{n}"), "12:02:00");
        told["message"] = json!(format!("look: {address}"));
        told["from"]["picture"] = json!({ "data": { "url": address } });
        told["permalink_url"] = json!(address);
        told["attachment"] = json!({ "type": "photo", "url": address,
            "media": { "image": { "src": address }, "source": address } });
        let mut post = post("1", "42", "12:01:00", &[told]);
        post["permalink_url"] = json!(address);
        let paging = json!({ "cursors": { "after": address }, "next": address });
        let further = json!({ "data": post["comments"]["data"], "paging": paging });
        post["comments"]["paging"] = paging;
        world.shows_feed(json!([post])).await;
        let comments = format!("{PAGE}_1/comments");
        world.answers(&comments, None, further).await;
        world.answers(&comments, Some(address), json!({ "data": [] })).await;
        let taken = world.pass().await;
        assert!(taken.contains(&format!("1_{n}")), "{address}: {taken:?}");
        assert!(trap.accept().is_err(), "{address} was called");
    }
    TcpStream::connect(at).unwrap();
    assert!(trap.accept().is_ok(), "the trap catches nobody");
}
