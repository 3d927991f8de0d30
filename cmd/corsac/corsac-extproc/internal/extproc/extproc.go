// Package extproc speaks Envoy's external processing API (ext_proc) for a gateway.
//
//   - A stream is about one request. The gateway handles it as corsac serve would, in the
//     goroutine of the stream; [Next] stands for the upstream. It lets Envoy go on, and
//     waits for the header of the response.
//   - What the gateway answers by itself becomes an immediate response: preflights, and
//     what a route refuses.
//   - A stream ends when the header of the response is settled. Bodies are never asked for;
//     messages about them, which come if Envoy is configured to send them, change nothing.
//   - A response without its request, of a filter in front of this one, stays as it is.
//   - What breaks the protocol ends its stream with an error. Then Envoy does what its
//     failure_mode_allow says.
package extproc

import (
	"context"
	"errors"
	"io"
	"net/http"

	"connectrpc.com/connect"
	"connectrpc.com/grpchealth"
	modev3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/ext_proc/v3"
	extprocv3 "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
)

// service is the name of Envoy's API.
const service = "envoy.service.ext_proc.v3.ExternalProcessor"

// maxMessage is the size in bytes of the largest message that is read. Envoy has at
// most 8 MiB of headers, and 60 KiB by default.
const maxMessage = 1 << 20

// Handler returns the handler of Envoy's requests and of gRPC's health checks, which fail
// once the program is stopping. The gateway must have [Next] as its Next.
func Handler(g *gateway.Gateway, stopping func() bool) http.Handler {
	mux := http.NewServeMux()
	procedure := "/" + service + "/Process"
	mux.Handle(procedure, connect.NewBidiStreamHandler(procedure, func(ctx context.Context, s *connect.BidiStream[extprocv3.ProcessingRequest, extprocv3.ProcessingResponse]) error {
		return process(ctx, g, s)
	}, connect.WithReadMaxBytes(maxMessage)))
	mux.Handle(grpchealth.NewHandler(health{grpchealth.NewStaticChecker(service), stopping}))
	return mux
}

// health answers health checks.
type health struct {
	*grpchealth.StaticChecker

	stopping func() bool
}

// Check implements [grpchealth.Checker].
func (h health) Check(ctx context.Context, r *grpchealth.CheckRequest) (*grpchealth.CheckResponse, error) {
	answer, err := h.StaticChecker.Check(ctx, r)
	if err == nil && h.stopping() {
		answer.Status = grpchealth.StatusNotServing
	}
	return answer, err
}

// stream is the messages about one request.
type stream interface {
	Receive() (*extprocv3.ProcessingRequest, error)
	Send(response *extprocv3.ProcessingResponse) error
}

// process handles a request.
func process(ctx context.Context, g *gateway.Gateway, s stream) error {
	first, err := s.Receive()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return err
	}
	x := &exchange{stream: s, mute: first.GetObservabilityMode(), override: modeOverride(first.GetProtocolConfig())}
	if first.GetRequestHeaders() == nil {
		return x.passAll(first)
	}
	r, malformed, err := requestOf(context.WithValue(ctx, exchangeKey{}, x), first.GetRequestHeaders())
	if err != nil {
		return connect.NewError(connect.CodeInvalidArgument, err)
	}
	r.RemoteAddr = clientOf(first)
	x.request = r
	w := &answer{header: http.Header{}}
	if malformed {
		g.ServeRefused(w, r, http.StatusBadRequest)
	} else {
		g.ServeHTTP(w, r)
	}
	switch {
	case x.err != nil:
		return x.err
	case x.original != nil:
		return x.send(changeResponse(x.original, w.header))
	case x.passed: // Envoy has ended the stream: there was no response
		return nil
	default:
		return x.send(w.immediate())
	}
}

// passAll lets everything about a response without its request be as it is.
func (x *exchange) passAll(m *extprocv3.ProcessingRequest) error {
	for {
		err := x.pass(m)
		if err == nil {
			m, err = x.Receive()
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// exchange is a request and its response, between the messages of a stream.
type exchange struct {
	stream

	mute     bool // Envoy does not wait for what is decided, and ignores it
	override *modev3.ProcessingMode
	request  *http.Request
	passed   bool        // Envoy may forward the request
	original http.Header // of the response; nil until it is there
	err      error       // that ends the stream
}

type exchangeKey struct{}

// Next is where the gateway sends the requests that Envoy forwards.
var Next http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	x, ok := r.Context().Value(exchangeKey{}).(*exchange)
	if !ok {
		panic("extproc: the request is of no stream")
	}
	x.forward(w, r)
})

// forward lets Envoy forward a request, and writes the header of the response.
func (x *exchange) forward(w http.ResponseWriter, r *http.Request) {
	proceed := changeRequest(x.request.Header, r.Header)
	proceed.ModeOverride = x.override
	if x.err = x.send(proceed); x.err != nil {
		return
	}
	x.passed = true
	for {
		m, err := x.Receive()
		switch {
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			x.err = err
			return
		case m.GetResponseHeaders() == nil:
			if x.err = x.pass(m); x.err != nil {
				return
			}
			continue
		}
		header, status, err := responseOf(m.GetResponseHeaders())
		if err != nil {
			x.err = connect.NewError(connect.CodeInvalidArgument, err)
			return
		}
		x.original = header
		for name, lines := range header {
			w.Header()[name] = lines
		}
		w.WriteHeader(status)
		return
	}
}

// send sends a message, unless Envoy would ignore it.
func (x *exchange) send(m *extprocv3.ProcessingResponse) error {
	if x.mute {
		return nil
	}
	return x.Send(m)
}

// pass answers a message such that what it is about stays as it is.
func (x *exchange) pass(m *extprocv3.ProcessingRequest) error {
	same := &extprocv3.CommonResponse{}
	var out extprocv3.ProcessingResponse
	switch m.GetRequest().(type) {
	case *extprocv3.ProcessingRequest_RequestBody:
		out.Response = &extprocv3.ProcessingResponse_RequestBody{RequestBody: &extprocv3.BodyResponse{Response: same}}
	case *extprocv3.ProcessingRequest_ResponseBody:
		out.Response = &extprocv3.ProcessingResponse_ResponseBody{ResponseBody: &extprocv3.BodyResponse{Response: same}}
	case *extprocv3.ProcessingRequest_RequestTrailers:
		out.Response = &extprocv3.ProcessingResponse_RequestTrailers{RequestTrailers: &extprocv3.TrailersResponse{}}
	case *extprocv3.ProcessingRequest_ResponseTrailers:
		out.Response = &extprocv3.ProcessingResponse_ResponseTrailers{ResponseTrailers: &extprocv3.TrailersResponse{}}
	case *extprocv3.ProcessingRequest_ResponseHeaders:
		out.Response = &extprocv3.ProcessingResponse_ResponseHeaders{ResponseHeaders: &extprocv3.HeadersResponse{Response: same}}
	case *extprocv3.ProcessingRequest_RequestHeaders:
		return connect.NewError(connect.CodeInvalidArgument, errors.New("the header of a request comes first in a stream, and once"))
	default: // it is about the stream itself, or of a later version of the API
		return nil
	}
	return x.send(&out)
}
