package extproc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	extprocv3 "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/corsac-dev/corsac/cmd/corsac/corsac-extproc/internal/extproc"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
)

// envoy plays Envoy's side of the API.
type envoy struct {
	extprocv3.ExternalProcessorClient
}

// start serves a configuration, and returns what asks it.
func start(t *testing.T, file string) *envoy {
	t.Helper()
	c, err := config.Parse("corsac.yaml", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	g, err := gateway.New(c, gateway.Options{Next: extproc.Next})
	if err != nil {
		t.Fatal(err)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: extproc.Handler(g, func() bool { return false }), Protocols: new(http.Protocols)}
	server.Protocols.SetUnencryptedHTTP2(true)
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	conn, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.MaxCallSendMsgSize(8<<20)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &envoy{extprocv3.NewExternalProcessorClient(conn)}
}

// fields are the fields of a header, as name, value, name, value.
func fields(list ...string) *extprocv3.HttpHeaders {
	m := &corev3.HeaderMap{}
	for i := 0; i < len(list); i += 2 {
		m.Headers = append(m.Headers, &corev3.HeaderValue{Key: list[i], RawValue: []byte(list[i+1])})
	}
	return &extprocv3.HttpHeaders{Headers: m}
}

func request(list ...string) *extprocv3.ProcessingRequest {
	return &extprocv3.ProcessingRequest{Request: &extprocv3.ProcessingRequest_RequestHeaders{RequestHeaders: fields(list...)}}
}

func response(list ...string) *extprocv3.ProcessingRequest {
	return &extprocv3.ProcessingRequest{Request: &extprocv3.ProcessingRequest_ResponseHeaders{ResponseHeaders: fields(list...)}}
}

// of returns the fields of a request.
func of(method, path string, list ...string) []string {
	return append([]string{":method", method, ":path", path, ":authority", "api.example", ":scheme", "https"}, list...)
}

// listOf returns a header as Envoy sends it.
func listOf(h http.Header) (list []string) {
	for name, lines := range h {
		for _, line := range lines {
			list = append(list, strings.ToLower(name), line)
		}
	}
	return list
}

// apply changes a header as Envoy does.
func apply(t *testing.T, h http.Header, m *extprocv3.HeaderMutation) {
	t.Helper()
	for _, name := range m.GetRemoveHeaders() {
		if strings.HasPrefix(name, ":") || name == "host" || name != strings.ToLower(name) {
			t.Errorf("Envoy does not remove %q", name)
		}
		h.Del(name)
	}
	for _, o := range m.GetSetHeaders() {
		name := o.GetHeader().GetKey()
		if o.GetAppendAction() != corev3.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD || strings.HasPrefix(name, ":") || o.GetHeader().GetValue() != "" {
			t.Errorf("%v", o)
		}
		h.Set(name, string(o.GetHeader().GetRawValue()))
	}
}

// outcome is what becomes of a request.
type outcome struct {
	forwarded http.Header // what the upstream gets; nil if that is nothing
	status    int
	header    http.Header
	body      string
}

// exchange is a request through Envoy to an upstream that answers with a header.
func (e *envoy) exchange(t *testing.T, method, path string, header http.Header, upstream http.Header) outcome {
	t.Helper()
	s, err := e.Process(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	forwarded, back := header.Clone(), upstream.Clone()
	m := ask(t, s, request(of(method, path, listOf(header)...)...))
	if now := m.GetImmediateResponse(); now != nil {
		end(t, s)
		h := http.Header{}
		apply(t, h, now.GetHeaders())
		return outcome{nil, int(now.GetStatus().GetCode()), h, string(now.GetBody())}
	}
	apply(t, forwarded, m.GetRequestHeaders().GetResponse().GetHeaderMutation())
	m = ask(t, s, response(append([]string{":status", "200"}, listOf(upstream)...)...))
	apply(t, back, m.GetResponseHeaders().GetResponse().GetHeaderMutation())
	end(t, s)
	return outcome{forwarded, 200, back, ""}
}

// ask sends a message and returns the answer, which Envoy's own rules must accept.
func ask(t *testing.T, s extprocv3.ExternalProcessor_ProcessClient, m *extprocv3.ProcessingRequest) *extprocv3.ProcessingResponse {
	t.Helper()
	if err := s.Send(m); err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	answer, err := s.Recv()
	if err != nil {
		t.Fatalf("%v: %v", m, err)
	}
	if err := answer.ValidateAll(); err != nil {
		t.Errorf("%v: %v", answer, err)
	}
	return answer
}

// end ends a stream, and checks that nothing more comes.
func end(t *testing.T, s extprocv3.ExternalProcessor_ProcessClient) {
	t.Helper()
	_ = s.CloseSend()
	if m, err := s.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("after the last message: %v, %v", m, err)
	}
}

// play sends messages, and returns the answers and how the stream ends.
func (e *envoy) play(ctx context.Context, t *testing.T, messages ...*extprocv3.ProcessingRequest) (answers []string, err error) {
	t.Helper()
	s, err := e.Process(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		if s.Send(m) != nil {
			break // the server has ended the stream
		}
	}
	_ = s.CloseSend()
	for {
		m, err := s.Recv()
		if errors.Is(err, io.EOF) {
			return answers, nil
		} else if err != nil {
			return answers, err
		}
		if err := m.ValidateAll(); err != nil {
			t.Errorf("%v: %v", m, err)
		}
		_, name, _ := strings.Cut(fmt.Sprintf("%T", m.GetResponse()), "ProcessingResponse_")
		answers = append(answers, name)
	}
}

func sorted(list []string) []string { slices.Sort(list); return list }
