package gateway_test

import (
	"net/http"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
)

// TestMaxBodyOfAnotherReading checks that a body does not get around max_body by a path
// that the server reads as one of the other route.
func TestMaxBodyOfAnotherReading(t *testing.T) {
	c := one(t, startServer(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	upload := c.Gateway.Routes[0]
	upload.Path = "/upload"
	c.Gateway.Routes[0].MaxBody = 10
	c.Gateway.Routes = append(c.Gateway.Routes, upload)
	g := start(t, c, gateway.Options{})
	for path, want := range map[string]int{"/upload/x": 200, "/x": 200, "/upload/..%2fx": 400, "/x/%2e%2e/upload": 400} {
		if status, _, _ := request(t, g, "GET", path, ""); status != want {
			t.Errorf("%s: status %d, want %d", path, status, want)
		}
	}
}
