package examples

import (
	"io"
	"net/http"
	"os"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/corstest"
)

const (
	page = "https://app.example.com"
	evil = "https://evil.example"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	gin.DefaultErrorWriter = io.Discard // for the panic
	os.Exit(m.Run())
}

func built(t *testing.T, p cors.Policy) *cors.Middleware {
	t.Helper()
	m, err := cors.New(p)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestRouters makes pages send requests to each API.
func TestRouters(t *testing.T) {
	policy := built(t, cors.Policy{AllowOrigins: []string{page}, AllowMethods: []string{"PUT"}, AllowCredentials: true})
	for name, h := range map[string]http.Handler{"gin": Gin(policy), "echo": Echo(policy), "chi": Chi(policy)} {
		t.Run(name, func(t *testing.T) {
			for request, status := range map[string]int{"GET /items": 200, "PUT /items/1": 204, "GET /nowhere": 404, "POST /items": 0, "PUT /nowhere": 404, "GET /broken": 500} {
				options := []corstest.Option{corstest.WithCredentials()}
				if status != 0 {
					options = append(options, corstest.Status(status))
				}
				corstest.Allows(t, h, page, request, options...)
				corstest.Refuses(t, h, evil, request)
			}
			corstest.Preflights(t, h, page, "PUT /items/1")
			corstest.Refuses(t, h, page, "DELETE /items/1")
		})
	}
}

// TestRPC calls a procedure by both protocols.
func TestRPC(t *testing.T) {
	h := Connect(built(t, RPC(page)))
	grpcWeb := func(message string) corstest.Option {
		return corstest.Body("application/grpc-web+proto", "\x00\x00\x00\x00"+string(rune(len(message)))+message)
	}
	for _, c := range []struct {
		name    string
		status  int
		options []corstest.Option
	}{
		{"Connect", 200, []corstest.Option{corstest.JSON(`"hi"`), corstest.Header("Connect-Protocol-Version", "1"), corstest.Header("Connect-Timeout-Ms", "1000")}},
		{"an error of Connect", 400, []corstest.Option{corstest.JSON(`""`), corstest.Header("Connect-Protocol-Version", "1")}},
		{"a panic with Connect", 500, []corstest.Option{corstest.JSON(`"panic"`), corstest.Header("Connect-Protocol-Version", "1")}},
		{"gRPC-Web", 200, []corstest.Option{grpcWeb("\x0a\x02hi"), corstest.Header("X-Grpc-Web", "1"), corstest.Header("Grpc-Timeout", "1S"), corstest.Header("X-User-Agent", "test")}},
		{"a panic with gRPC-Web", 200, []corstest.Option{grpcWeb("\x0a\x05panic"), corstest.Header("X-Grpc-Web", "1")}},
		{"an error of gRPC-Web", 200, []corstest.Option{grpcWeb(""), corstest.Header("X-Grpc-Web", "1")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			corstest.Allows(t, h, page, "POST "+procedure, append(c.options, corstest.Status(c.status))...)
			corstest.Preflights(t, h, page, "POST "+procedure, c.options...)
			corstest.Refuses(t, h, evil, "POST "+procedure, c.options...)
			if without, err := cors.New(cors.Policy{AllowOrigins: []string{page}}); err != nil {
				t.Fatal(err)
			} else {
				corstest.Refuses(t, Connect(without), page, "POST "+procedure, c.options...)
			}
		})
	}
	corstest.Allows(t, h, page, "POST /example.v1.EchoService/Nothing", corstest.JSON(`""`), corstest.Status(404))
	corstest.Exposes(t, h, page, "POST "+procedure, "Grpc-Status", grpcWeb(""), corstest.Header("X-Grpc-Web", "1"))
}
