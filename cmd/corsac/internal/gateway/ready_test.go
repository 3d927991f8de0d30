package gateway_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
)

// TestSmallBodyIsSentWithItsHeader checks that a body that has arrived together
// with its header goes to the upstream in the same write.
func TestSmallBodyIsSentWithItsHeader(t *testing.T) {
	g := start(t, one(t, startHostile(t, t.Context(), behaviour{"h1", func(_ context.Context, conn net.Conn) {
		for b := make([]byte, 8192); ; {
			n, err := conn.Read(b)
			if err != nil {
				return
			}
			answer := "whole"
			if !strings.HasSuffix(string(b[:n]), "\r\n\r\n"+sizedBody) {
				answer = "in parts"
			}
			_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(answer), answer)
		}
	}})), gateway.Options{})
	client := dial(t, g)
	for range 20 {
		client.write(postHead + sized + "\r\n" + sizedBody)
		if body, err := io.ReadAll(client.response().Body); err != nil || string(body) != "whole" {
			t.Fatalf("%q, %v", body, err)
		}
	}
}

// TestPipelinedBodies checks that each of several requests that arrive at once
// keeps its own body, whatever is in it.
func TestPipelinedBodies(t *testing.T) {
	g := startBefore(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // net/http drops what has not been read when a long response begins
		_, _ = w.Write(body)
	}))
	bodies := []string{"\r\n\r\n", "a\r\n\r\nb", nextHead, strings.Repeat("\r\n\r\nx", 3000), "", "x"}
	for _, inPieces := range []bool{false, true} {
		var all strings.Builder
		for _, body := range bodies {
			fmt.Fprintf(&all, "%sContent-Length: %d\r\n\r\n%s", postHead, len(body), body)
		}
		client := dial(t, g)
		step := all.Len()
		if inPieces {
			step = 1000
		}
		go func() {
			for s := all.String(); len(s) > 0; s = s[min(step, len(s)):] {
				_, _ = io.WriteString(client.conn, s[:min(step, len(s))])
			}
		}()
		for i, want := range bodies {
			if body, err := io.ReadAll(client.response().Body); err != nil || string(body) != want {
				t.Errorf("request %d: %.100q, %v, want %.100q", i, body, err, want)
			}
		}
	}
}
