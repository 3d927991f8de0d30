package extproc

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	extprocv3 "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	"google.golang.org/protobuf/proto"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
)

// script is a stream of messages that are written one after the other, each after its
// length.
type script struct {
	*bytes.Reader

	sent []*extprocv3.ProcessingResponse
}

// Receive implements stream.
func (s *script) Receive() (*extprocv3.ProcessingRequest, error) {
	for {
		var length uint16
		if binary.Read(s, binary.BigEndian, &length) != nil {
			return nil, io.EOF
		}
		data := make([]byte, length)
		n, _ := io.ReadFull(s, data)
		m := &extprocv3.ProcessingRequest{}
		if proto.Unmarshal(data[:n], m) == nil { // gRPC refuses others
			return m, nil
		}
	}
}

// Send implements stream.
func (s *script) Send(m *extprocv3.ProcessingResponse) error {
	s.sent = append(s.sent, m)
	return nil
}

// FuzzProcess checks that no messages make a stream panic, and that the answers are what
// Envoy accepts.
func FuzzProcess(f *testing.F) {
	c, err := config.Parse("corsac.yaml", []byte(`
policies:
  app: {allow_origins: ["https://app.example.com"], allow_methods: [PUT], allow_credentials: true}
  public: {allow_origins: ["*"], allow_headers: ["*"]}
gateway:
  ext_proc: :9002
  routes: [{path: /, policy: app}, {path: /public, policy: public, set_headers: {X-A: b}, hide_origin: true}]
`))
	if err != nil {
		f.Fatal(err)
	}
	g, err := gateway.New(c, gateway.Options{Next: Next})
	if err != nil {
		f.Fatal(err)
	}
	fields := func(list ...string) *extprocv3.HttpHeaders {
		m := &corev3.HeaderMap{}
		for i := 0; i < len(list); i += 2 {
			m.Headers = append(m.Headers, &corev3.HeaderValue{Key: list[i], RawValue: []byte(list[i+1])})
		}
		return &extprocv3.HttpHeaders{Headers: m}
	}
	add := func(messages ...*extprocv3.ProcessingRequest) {
		var data []byte
		for _, m := range messages {
			part, err := proto.Marshal(m)
			if err != nil {
				f.Fatal(err)
			}
			data = append(binary.BigEndian.AppendUint16(data, uint16(len(part))), part...)
		}
		f.Add(data)
	}
	answer := &extprocv3.ProcessingRequest{Request: &extprocv3.ProcessingRequest_ResponseHeaders{ResponseHeaders: fields(":status", "200", "vary", "x", "access-control-allow-origin", "*")}}
	for _, list := range [][]string{
		{":method", "GET", ":path", "/public/%2e./x", ":authority", "a", "origin", "https://app.example.com"},
		{":method", "OPTIONS", ":path", "/", "origin", "https://app.example.com", "access-control-request-method", "PUT"},
		{":method", "GET", ":path", "/public", "connection", "x", "upgrade", "websocket", "origin", "https://b.example"},
	} {
		add(&extprocv3.ProcessingRequest{Request: &extprocv3.ProcessingRequest_RequestHeaders{RequestHeaders: fields(list...)}}, answer)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &script{Reader: bytes.NewReader(data)}
		_ = process(t.Context(), g, s) // it may say that the protocol is broken
		for _, m := range s.sent {
			if err := m.ValidateAll(); err != nil {
				t.Errorf("%v: %v", m, err)
			}
		}
	})
}
