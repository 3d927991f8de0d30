package forward

import (
	"net/http"
	"time"
)

// hasStreams reports whether requests share a connection, so that a client can take
// nothing of one response while it takes others. What bounds the connection does not
// bound that.
func (in *Incoming) hasStreams() bool {
	return in.request.ProtoMajor > 1 && in.terms.ResponseTimeout > 0
}

// unwatched is how much of a body net/http keeps over HTTP/2 without waiting for the
// client. It is half of what it is now.
const unwatched = 2 << 10

// Write implements [http.ResponseWriter]. A client that takes nothing of it for too long
// makes it fail.
func (in *Incoming) Write(p []byte) (int, error) {
	in.written += len(p)
	if !in.hasStreams() || in.request.ProtoMajor == 2 && in.written <= unwatched {
		return in.ResponseWriter.Write(p)
	}
	defer in.watch()()
	return in.ResponseWriter.Write(p)
}

// FlushError is that of [http.ResponseController], and bounded as Write is.
func (in *Incoming) FlushError() error {
	if in.hasStreams() {
		defer in.watch()()
	}
	return http.NewResponseController(in.ResponseWriter).Flush()
}

// watch resets the stream if the function that it returns is not called in time. The
// function returns when nobody uses the stream any more.
func (in *Incoming) watch() (stop func()) {
	late := make(chan struct{})
	timer := time.AfterFunc(in.terms.ResponseTimeout, func() {
		defer close(late)
		if in.terms.Limited != nil {
			in.terms.Limited(LimitResponseTimeout, in.Public.Client)
		}
		_ = http.NewResponseController(in.ResponseWriter).SetWriteDeadline(time.Now().Add(-time.Second))
	})
	return func() {
		if !timer.Stop() {
			<-late
		}
	}
}

// hurry bounds what net/http writes to a stream when the handler has returned.
func (in *Incoming) hurry() {
	if in.hasStreams() {
		_ = http.NewResponseController(in.ResponseWriter).SetWriteDeadline(time.Now().Add(in.terms.ResponseTimeout))
	}
}
