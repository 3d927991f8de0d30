package forward

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/http1"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/upstream"
)

// tunnel passes on a switch to the protocol that the client has asked for (RFC
// 9110 §7.8), and then whatever both sides send.
func (f *forwarding) tunnel(ctx context.Context, res *upstream.Response) {
	defer res.Tunnel.Close()
	asked, got := f.request.Header.Get("Upgrade"), ""
	for _, field := range res.Fields {
		if field.Name == "Upgrade" {
			got = field.Value
		}
	}
	if !strings.EqualFold(asked, got) {
		f.fail(ctx, fmt.Errorf("it switches to protocol %.100q, but %.100q was asked for", got, asked))
		return
	}
	h := f.w.Header()
	copyResponseFields(h, res.Fields)
	f.revise(http.StatusSwitchingProtocols, h)
	conn, client, err := http.NewResponseController(f.w).Hijack() // applies a policy to h
	if err != nil {
		f.fail(ctx, fmt.Errorf("the connection of the client cannot be taken over: %w", err))
		return
	}
	defer conn.Close()
	if err := writeSwitch(conn, h, got); err == nil {
		connect(conn, client.Reader, res.Tunnel)
	}
}

// writeSwitch writes a response with status 101.
func writeSwitch(conn net.Conn, h http.Header, protocol string) error {
	b := []byte("HTTP/1.1 101 Switching Protocols\r\n")
	fields := []http1.Field{{Name: "Connection", Value: "Upgrade"}, {Name: "Upgrade", Value: protocol}}
	for name, lines := range h {
		for _, line := range lines {
			fields = append(fields, http1.Field{Name: name, Value: line})
		}
	}
	for _, field := range fields {
		var err error
		if b, err = http1.AppendField(b, field); err != nil {
			return err
		}
	}
	_, err := conn.Write(append(b, "\r\n"...))
	return err
}

// connect copies in both directions, until both have ended or one fails. Some
// bytes of the client may have been read already.
func connect(client net.Conn, read *bufio.Reader, up *upstream.Tunnel) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		early, _ := read.Peek(read.Buffered())
		_, err := up.Write(early)
		if err == nil {
			_, err = io.Copy(up, client)
		}
		if err == nil {
			err = up.CloseWrite()
		}
		if err != nil {
			_ = up.Close()
		}
	}()
	_, err := io.Copy(client, up)
	if half, ok := client.(interface{ CloseWrite() error }); ok && err == nil && half.CloseWrite() == nil {
		<-done
	}
	_ = up.Close()
	_ = client.Close()
	<-done
}
