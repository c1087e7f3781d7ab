//! The accept loop: serves a simulator on loopback and can hang up without an answer.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    os::fd::AsFd,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body};
use http::Request;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::Socket;
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

use crate::control::HangUp;

/// A port on loopback that is taken, but not served yet.
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
}

impl Bound {
    /// Takes `port` on 127.0.0.1; 0 takes any free one.
    pub async fn to(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves `app` until the task is dropped.
    pub async fn serve(self, app: Router) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    tokio::spawn(converse(stream, app.clone()));
                }
                // Out of file descriptors, or a peer that left already: neither ends the server.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    }
}

/// One connection. A response marked [`HangUp`] closes it unanswered.
async fn converse(stream: TcpStream, app: Router) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    // A second handle on the same socket, to ask for a reset when the first one is closed.
    let socket = stream.as_fd().try_clone_to_owned().map(Socket::from).ok();
    let reset = Arc::new(AtomicBool::new(false));
    let service = service_fn(|request: Request<Incoming>| {
        let (app, reset) = (app.clone(), Arc::clone(&reset));
        async move {
            let response = match app.oneshot(request.map(Body::new)).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            match response.extensions().get::<HangUp>() {
                None => Ok(response),
                Some(how) => {
                    reset.store(*how == HangUp::Reset, Ordering::Relaxed);
                    Err(io::Error::from(io::ErrorKind::ConnectionAborted))
                }
            }
        }
    });
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new());
    let mut connection = std::pin::pin!(http.serve_connection(TokioIo::new(stream), service));
    let ended = connection.as_mut().await;
    if ended.is_err()
        && reset.load(Ordering::Relaxed)
        && let Some(socket) = socket
    {
        // Closing with a zero linger sends RST instead of FIN. It fails only on a dead socket.
        socket.set_linger(Some(Duration::ZERO)).ok();
    }
}
