package main

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/credentials/insecure"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
)

// TestLimits has limits that Envoy's connections would break: they are named as ignored,
// at the start and after a change, and Envoy gets its answers.
func TestLimits(t *testing.T) {
	name := filepath.Join(t.TempDir(), "corsac.yaml")
	text := strings.Replace(file, "gateway:", "gateway:\n  limits: {header_bytes: 64KiB, connections: 1, idle_timeout: 1s}", 1)
	write(t, name, text)
	address, log, _ := start(t, name)
	log.Wait(t, `level=WARN msg="(these fields are ignored: [^"]*)" fields="gateway.limits.connections, gateway.limits.idle_timeout"`)
	for range 80 { // more than would get an answer
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	conn := dial(t, address, insecure.NewCredentials())
	if !allowed(t, begin(t, conn, "https://app.example.com")) {
		t.Error("the page cannot read the response")
	}
	write(t, name, strings.Replace(text, "idle_timeout", "body_timeout", 1))
	log.Wait(t, `msg="(these fields are ignored: [^"]*)" fields="gateway.limits.connections, gateway.limits.body_timeout"`)
	var said bytes.Buffer
	if status := run(t.Context(), []string{"--check", "-c", name}, io.Discard, &said); status != 0 || !strings.Contains(said.String(), "gateway.limits.body_timeout") {
		t.Errorf("--check: status %d:\n%s", status, said.String())
	}
}

// TestAllLimits checks that each limit either holds or is named.
func TestAllLimits(t *testing.T) {
	limits := config.Limits{HeaderBytes: 1 << 16, Connections: 1, HeaderTimeout: time.Second, IdleTimeout: time.Second, BodyTimeout: time.Second, ResponseTimeout: time.Second}
	fields := reflect.ValueOf(limits)
	for i := range fields.NumField() {
		if fields.Field(i).IsZero() {
			t.Errorf("%s is not in this test", fields.Type().Field(i).Name)
		}
	}
	var said bytes.Buffer
	cfg := &config.Config{Gateway: config.Gateway{Limits: limits}}
	withoutLimits(cfg, slog.New(slog.NewTextHandler(&said, nil)))
	if cfg.Gateway.Limits != (config.Limits{HeaderBytes: 1 << 16}) || strings.Count(said.String(), "gateway.limits.") != fields.NumField()-1 {
		t.Errorf("%+v\n%s", cfg.Gateway.Limits, said.String())
	}
	said.Reset()
	if withoutLimits(cfg, slog.New(slog.NewTextHandler(&said, nil))); said.Len() > 0 {
		t.Errorf("without such limits: %s", said.String())
	}
}
