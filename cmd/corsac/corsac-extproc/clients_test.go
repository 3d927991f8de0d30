package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	extprocv3 "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/structpb"
)

// TestClients checks that the access log has the addresses of clients that Envoy sends,
// and never one that a client has written itself.
func TestClients(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "corsac.yaml")
	write(t, name, strings.Replace(file, "gateway:", "gateway:\n  access_log: {to: access.log}", 1))
	address, _, stop := start(t, name)
	conn := dial(t, address, insecure.NewCredentials())
	const filter = "envoy.filters.http.ext_proc"
	var want []string
	for _, c := range []struct {
		attributes map[string]map[string]any
		client     string
	}{
		{map[string]map[string]any{filter: {"source.address": "192.0.2.1:4711"}}, "192.0.2.1"},
		{map[string]map[string]any{filter: {"request.path": "/", "source.address": "[2001:db8::1]:0"}}, "2001:db8::1"},
		{map[string]map[string]any{filter: {"source.address": "[::ffff:192.0.2.2]:4711"}}, "192.0.2.2"},
		{map[string]map[string]any{filter: {"source.address": "@pipe"}}, ""},
		{map[string]map[string]any{filter: {"source.address": 7}}, ""},
		{map[string]map[string]any{filter: {"request.path": "/"}}, ""},
		{map[string]map[string]any{"another.filter": {"source.address": "192.0.2.3:4711"}}, ""},
		{nil, ""},
	} {
		first := headers(":method", "GET", ":path", "/", "x-forwarded-for", "192.0.2.66", "x-envoy-external-address", "192.0.2.66")
		m := &extprocv3.ProcessingRequest{Request: &extprocv3.ProcessingRequest_RequestHeaders{RequestHeaders: first}, Attributes: map[string]*structpb.Struct{}}
		for of, values := range c.attributes {
			s, err := structpb.NewStruct(values)
			if err != nil {
				t.Fatal(err)
			}
			m.Attributes[of] = s
		}
		allowed(t, beginWith(t, conn, m))
		want = append(want, c.client)
	}
	stop()
	text, err := os.ReadFile(filepath.Join(dir, "access.log"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(string(text)) {
		client := ""
		if m := regexp.MustCompile(`"client":"([^"]*)"`).FindStringSubmatch(line); m != nil {
			client = m[1]
		}
		got = append(got, client)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q in\n%s", got, want, text)
	}
}
