package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	extprocv3 "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/version"
)

const file = `policies:
  app: {allow_origins: [https://app.example.com], allow_methods: [PUT]}
gateway:
  ext_proc: 127.0.0.1:0
  routes: [{path: /, policy: app}]
`

// start runs the program, and returns where Envoy can ask it. stop returns its status.
func start(t *testing.T, name string, flags ...string) (address string, log *testenv.Log, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	log = new(testenv.Log)
	status := make(chan int, 1)
	go func() { status <- run(ctx, append([]string{"-c", name}, flags...), io.Discard, log) }()
	stop = sync.OnceValue(func() int { cancel(); return <-status })
	t.Cleanup(func() { stop() })
	return log.Wait(t, `msg=listening ext_proc=(\S+)`)[1], log, stop
}

func dial(t *testing.T, address string, c credentials.TransportCredentials) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(c))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func headers(list ...string) *extprocv3.HttpHeaders {
	m := &corev3.HeaderMap{}
	for i := 0; i < len(list); i += 2 {
		m.Headers = append(m.Headers, &corev3.HeaderValue{Key: list[i], RawValue: []byte(list[i+1])})
	}
	return &extprocv3.HttpHeaders{Headers: m}
}

// begin sends a request of a page, and returns the stream once Envoy may forward it.
func begin(t *testing.T, conn *grpc.ClientConn, origin string) extprocv3.ExternalProcessor_ProcessClient {
	t.Helper()
	return beginWith(t, conn, &extprocv3.ProcessingRequest{Request: &extprocv3.ProcessingRequest_RequestHeaders{RequestHeaders: headers(":method", "GET", ":path", "/", "origin", origin)}})
}

// beginWith is begin with the first message of a stream.
func beginWith(t *testing.T, conn *grpc.ClientConn, first *extprocv3.ProcessingRequest) extprocv3.ExternalProcessor_ProcessClient {
	t.Helper()
	s, err := extprocv3.NewExternalProcessorClient(conn).Process(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(first); err != nil {
		t.Fatal(err)
	}
	if m, err := s.Recv(); err != nil || m.GetRequestHeaders() == nil {
		t.Fatalf("%v, %v", m, err)
	}
	return s
}

// allowed ends a stream, and reports whether the page may read the response.
func allowed(t *testing.T, s extprocv3.ExternalProcessor_ProcessClient) bool {
	t.Helper()
	if err := s.Send(&extprocv3.ProcessingRequest{Request: &extprocv3.ProcessingRequest_ResponseHeaders{ResponseHeaders: headers(":status", "200")}}); err != nil {
		t.Fatal(err)
	}
	m, err := s.Recv()
	if err != nil || m.GetResponseHeaders() == nil {
		t.Fatalf("%v, %v", m, err)
	}
	for _, o := range m.GetResponseHeaders().GetResponse().GetHeaderMutation().GetSetHeaders() {
		if o.GetHeader().GetKey() == "access-control-allow-origin" {
			return true
		}
	}
	return false
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestProgram runs the program through its life: health, a reload while a request is in
// flight, a file with mistakes, and a stop that lets the request finish.
func TestProgram(t *testing.T) {
	name := filepath.Join(t.TempDir(), "corsac.yaml")
	write(t, name, file)
	address, log, stop := start(t, name)
	conn := dial(t, address, insecure.NewCredentials())
	for service, want := range map[string]grpc_health_v1.HealthCheckResponse_ServingStatus{"": 1, "envoy.service.ext_proc.v3.ExternalProcessor": 1} {
		h, err := grpc_health_v1.NewHealthClient(conn).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: service})
		if err != nil || h.GetStatus() != want {
			t.Errorf("health of %q: %v, %v", service, h, err)
		}
	}
	const app, other = "https://app.example.com", "https://other.example"
	early := begin(t, conn, app)
	write(t, name, strings.Replace(file, app, other, 1))
	log.Wait(t, `msg="configuration read again" file=\S+ hash=\S+`)
	if !allowed(t, early) || !allowed(t, begin(t, conn, other)) || allowed(t, begin(t, conn, app)) {
		t.Error("a request in flight keeps the old policy, and others have the new one")
	}
	write(t, name, "gateway: {ext_proc: x}")
	log.Wait(t, `msg="the configuration is refused; the old one keeps running" file=\S+`)
	last := begin(t, conn, other)
	status := make(chan int, 1)
	go func() { status <- stop() }()
	log.Wait(t, `msg=stopping`)
	if !allowed(t, last) {
		t.Error("the request in flight was not finished")
	}
	if got := <-status; got != 0 {
		t.Errorf("status %d", got)
	}
}

// TestUnready checks that Envoy's health checks learn that the program stops while it still
// answers.
func TestUnready(t *testing.T) {
	name := filepath.Join(t.TempDir(), "corsac.yaml")
	write(t, name, file)
	address, log, stop := start(t, name, "--unready", "1s")
	conn := dial(t, address, insecure.NewCredentials())
	go stop()
	log.Wait(t, `msg=(stopping)`)
	for _, service := range []string{"", "envoy.service.ext_proc.v3.ExternalProcessor"} {
		h, err := grpc_health_v1.NewHealthClient(conn).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: service})
		if err != nil || h.GetStatus() != grpc_health_v1.HealthCheckResponse_NOT_SERVING {
			t.Errorf("health of %q: %v, %v", service, h, err)
		}
	}
	if _, err := grpc_health_v1.NewHealthClient(conn).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: "x"}); status.Code(err) != codes.NotFound {
		t.Errorf("health of another service: %v", err)
	}
	if !allowed(t, begin(t, conn, "https://app.example.com")) {
		t.Error("requests are not answered any more")
	}
}

// TestTrial has a policy on trial for a part of the origins, and checks what is learned
// of the traffic and that the access log has it.
func TestTrial(t *testing.T) {
	dir := t.TempDir()
	name, seen := filepath.Join(dir, "corsac.yaml"), filepath.Join(dir, "seen.log")
	write(t, name, `policies:
  app: {allow_origins: [https://app.example.com]}
  next: {allow_origins: [https://next.example.com]}
gateway:
  ext_proc: 127.0.0.1:0
  access_log: {to: access.log}
  routes: [{path: /, policy: app, trial: next, rollout: 100%}]
`)
	address, log, stop := start(t, name, "--learn", seen)
	conn := dial(t, address, insecure.NewCredentials())
	if allowed(t, begin(t, conn, "https://app.example.com")) || !allowed(t, begin(t, conn, "https://next.example.com")) {
		t.Error("the policy on trial is not announced to all origins")
	}
	log.Wait(t, `msg="the trial refuses`)
	if got := stop(); got != 0 {
		t.Errorf("status %d", got)
	}
	for file, want := range map[string]string{seen: `"resp_headers"`, filepath.Join(dir, "access.log"): `"policy":"next"`} {
		if text, err := os.ReadFile(file); err != nil || strings.Count(string(text), "next.example.com") != 1 || !strings.Contains(string(text), want) {
			t.Errorf("%s: %v\n%s", file, err, text)
		}
	}
}

// TestTLS asks by https, with a certificate of the local authority.
func TestTLS(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	name := filepath.Join(t.TempDir(), "corsac.yaml")
	write(t, name, strings.Replace(file, "gateway:", "gateway:\n  tls: {local: true}", 1))
	address, _, _ := start(t, name)
	conn := dial(t, address, credentials.NewTLS(&tls.Config{InsecureSkipVerify: true, ServerName: "localhost"}))
	if !allowed(t, begin(t, conn, "https://app.example.com")) {
		t.Error("the page cannot read the response")
	}
	if _, err := grpc_health_v1.NewHealthClient(dial(t, address, insecure.NewCredentials())).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{}); err == nil {
		t.Error("plain text is served beside TLS")
	}
}

// TestCommandLine checks what the program says, and its status.
func TestCommandLine(t *testing.T) {
	dir := t.TempDir()
	right, wrong, other := filepath.Join(dir, "right.yaml"), filepath.Join(dir, "wrong.yaml"), filepath.Join(dir, "other.yaml")
	write(t, right, file)
	write(t, wrong, strings.Replace(file, "app.example.com", "app.example.com/", 1))
	write(t, other, "policies: {app: {allow_origins: [\"*\"]}}\ngateway: {routes: [{policy: app, upstream: \"http://127.0.0.1:9000\"}]}\n")
	for _, tt := range []struct {
		args   string
		status int
		says   string
	}{
		{"--check -c " + right, 0, "^ok " + right + ": sha256 [0-9a-f]{64}\n$"},
		{"--check -c " + wrong, 1, `wrong.yaml:2:25: .*an origin has no slash at its end; write "https://app.example.com"` + "\n$"},
		{"-c " + other, 1, `other.yaml: gateway.ext_proc: it is missing: the address at which Envoy asks; add it, such as`},
		{"-c " + filepath.Join(dir, "none.yaml"), 3, `^corsac-extproc: cannot read .*: no such file or directory` + "\n$"},
		{"-c " + right + " --ext-proc 9002", 2, `^corsac-extproc: --ext-proc "9002": it is a port without its colon; write ":9002"; see corsac-extproc --help` + "\n$"},
		{"-c " + right + " --ext-proc 192.0.2.1:9002", 3, `^corsac-extproc: cannot listen on 192.0.2.1:9002: this machine has no such address; choose another address` + "\n$"},
		{"--log-level loud", 2, `is not one of debug, info, warn, error`},
		{"--log-format xml", 2, `is not one of text, json`},
		{"--unknown", 2, `unknown flag: --unknown`},
		{"argument", 2, `unknown command "argument"`},
		{"--version", 0, `^corsac-extproc \S+.*, go1\.\S+, \w+/\w+` + "\n$"},
		{"--help", 0, `(?s)^corsac-extproc is a server .*--ext-proc ADDRESS`},
	} {
		var said bytes.Buffer
		if got := run(t.Context(), strings.Fields(tt.args), &said, &said); got != tt.status || !regexp.MustCompile(tt.says).MatchString(said.String()) {
			t.Errorf("%s: status %d, want %d:\n%s", tt.args, got, tt.status, said.String())
		}
	}
}

// TestVersion checks that the status and the metrics name the version of the program.
func TestVersion(t *testing.T) {
	name := filepath.Join(t.TempDir(), "corsac.yaml")
	write(t, name, strings.Replace(file, "gateway:", "gateway:\n  admin: localhost:0", 1))
	_, log, _ := start(t, name)
	admin := log.Wait(t, `msg="configuration read".* admin=(\S+)`)[1]
	for path, want := range map[string]string{"/metrics": `corsac_build_info{goversion="` + runtime.Version() + `",version="` + version.Read().Version + `"} 1`, "/status": version.Read().Version} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+admin+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: %v, no %s in\n%s", path, err, want, text)
		}
	}
}
