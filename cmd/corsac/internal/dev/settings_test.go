package dev_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/dev"
)

const file = `
policies:
  app: {allow_origins: [https://app.example.com]}
  other: {allow_origins: [https://other.example.com]}
dev:
  listen: localhost:3000
  web: :5173
  allow_hosts: [a.example]
  routes:
    - {path: /v1, upstream: :9000, strip_prefix: true}
    - {path: /v2, upstream: :9001, mode: enforce, policy: app}
`

// shown returns settings as people see them.
func shown(s *dev.Settings) string {
	var lines []string
	for _, l := range s.Lines() {
		lines = append(lines, l[0]+" "+l[1])
	}
	return strings.Join(lines, "; ")
}

func TestCombine(t *testing.T) {
	parsed, err := config.Parse("corsac.yaml", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		flags dev.Flags
		file  *config.Config
		want  string
	}{
		{dev.Flags{APIs: []string{":8080"}, Web: ":5173"}, nil, "/api http://localhost:8080; / http://localhost:5173, the page"},
		{dev.Flags{APIs: []string{":8080"}}, nil, "/ http://localhost:8080"},
		{dev.Flags{APIs: []string{":8080"}, Web: ":5173", Mode: "add"}, nil, "/ http://localhost:8080, mode add; the page stays at http://localhost:5173"},
		{dev.Flags{APIs: []string{"/api=:8080"}, Web: ":5173", Mode: "observe"}, nil, "/api http://localhost:8080, mode observe; the page stays at http://localhost:5173"},
		{
			dev.Flags{APIs: []string{"/a=:8080,insecure", "/b=:8081,delay=1s,fail=404"}, StripPrefix: true, Offline: true},
			nil,
			"/a http://localhost:8080, without the prefix, any certificate, offline; /b http://localhost:8081, without the prefix, delay 1s, fail 404, offline",
		},
		{dev.Flags{Web: ":5173"}, nil, "/ http://localhost:5173, the page"},
		{dev.Flags{Listen: "127.0.0.1:8080", APIs: []string{"http://[::1]:8080"}}, nil, "/ http://[::1]:8080"},
		{dev.Flags{Listen: ":8080", APIs: []string{"http://api.example.com:8080"}}, nil, "/ http://api.example.com:8080"},
		{dev.Flags{}, nil, ""},
		{dev.Flags{}, parsed, "/v1 http://localhost:9000, without the prefix; /v2 http://localhost:9001, mode enforce, policy app; / http://localhost:5173, the page"},
		{dev.Flags{Delay: time.Second, Fail: "500@10%", Insecure: true}, parsed, "/v1 http://localhost:9000, without the prefix, any certificate, delay 1s, fail 500@10%; " +
			"/v2 http://localhost:9001, mode enforce, policy app, any certificate, delay 1s, fail 500@10%; / http://localhost:5173, the page"},
		{dev.Flags{APIs: []string{":1"}}, parsed, "/api http://localhost:1; / http://localhost:5173, the page"},
		{dev.Flags{APIs: []string{":1"}, Mode: "enforce", Policy: "other"}, parsed, "/ http://localhost:1, mode enforce, policy other; the page stays at http://localhost:5173"},
	} {
		s, err := dev.Combine(c.flags, c.file)
		if err != nil || shown(s) != c.want {
			t.Errorf("%+v: %v, %v, want %s", c.flags, s, err, c.want)
		}
	}
	s, err := dev.Combine(dev.Flags{AllowHosts: []string{"b.example"}}, parsed)
	if err != nil || s.Listen != "localhost:3000" || !s.Fixed || fmt.Sprint(s.Proxy.AllowHosts) != "[a.example b.example]" {
		t.Errorf("%+v, %v", s, err)
	}
	if s, err := dev.Combine(dev.Flags{Listen: ":80"}, parsed); err != nil || s.Listen != ":80" {
		t.Errorf("%+v, %v", s, err)
	}
	if len(parsed.Dev.Routes) != 2 || parsed.Dev.Routes[0].Insecure {
		t.Error("the file has changed")
	}
}

func TestCombineMistakes(t *testing.T) {
	parsed, err := config.Parse("corsac.yaml", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		flags      dev.Flags
		file       *config.Config
		flag, want string
	}{
		{dev.Flags{APIs: []string{"x"}}, nil, "api", "is not the URL of a server"},
		{dev.Flags{APIs: []string{":1", ":2"}}, nil, "api", "two servers take /"},
		{dev.Flags{APIs: []string{"/=:1"}, Web: ":2"}, nil, "api", "both take every path"},
		{dev.Flags{APIs: []string{"/a//b=:1"}}, nil, "api", "plain segments"},
		{dev.Flags{Web: "x"}, nil, "web", "is not the URL of a server"},
		{dev.Flags{APIs: []string{":1"}, Mode: "add"}, nil, "web", "needs the address of the page"},
		{dev.Flags{APIs: []string{":1"}, Mode: "proxy"}, nil, "mode", "the modes are"},
		{dev.Flags{APIs: []string{":1"}, Mode: "enforce"}, nil, "mode", "there is no such file"},
		{dev.Flags{APIs: []string{":1"}, Mode: "enforce"}, parsed, "mode", "app, other"},
		{dev.Flags{APIs: []string{":1"}, Mode: "enforce", Policy: "x"}, parsed, "mode", `no policy "x"`},
		{dev.Flags{AllowHosts: []string{"a:1"}}, nil, "allow-host", "without a port"},
		{dev.Flags{Fail: "x"}, nil, "fail", "not a status"},
		{dev.Flags{Listen: "localhost:8080", APIs: []string{":8080"}}, nil, "listen", "http://localhost:8080"},
		{dev.Flags{Listen: ":8080", APIs: []string{"/v1=http://127.0.0.1:8080,strip-prefix"}}, nil, "listen", "http://127.0.0.1:8080"},
		{dev.Flags{Listen: "localhost:8080", APIs: []string{"http://[::1]:8080"}}, nil, "listen", "http://[::1]:8080"},
		{dev.Flags{Listen: "localhost:8080", APIs: []string{"http://api.localhost:8080"}}, nil, "listen", "http://api.localhost:8080"},
		{dev.Flags{Listen: "127.0.0.1:80", APIs: []string{"http://LOCALHOST"}}, nil, "listen", "http://LOCALHOST"},
		{dev.Flags{Listen: "localhost:8080", APIs: []string{"http://{tenant}.localhost:8080"}}, nil, "api", ""},
		{dev.Flags{Listen: "localhost:5173", Web: ":5173"}, nil, "listen", "the page's server"},
		{dev.Flags{Inspector: ":8080", APIs: []string{":8080"}}, nil, "inspector", "what is for an API, http://localhost:8080, would reach the inspector; "},
		{dev.Flags{Inspector: "127.0.0.1:5173", Web: ":5173"}, nil, "inspector", "what is for the page's server, "},
		{dev.Flags{Inspector: ":8080", Listen: ":8080", APIs: []string{":1"}}, nil, "inspector", "corsac dev itself listens on :8080; give the inspector another port"},
		{dev.Flags{Inspector: "x"}, nil, "inspector", "it has no port"},
		{dev.Flags{Delay: time.Hour}, nil, "delay", "a delay is at most 10 minutes"},
		{dev.Flags{APIs: []string{":1,delay=11m"}}, nil, "api", "a delay is at most 10 minutes"},
		{dev.Flags{APIs: []string{"http://127.0.0.1:3000"}}, parsed, "listen", "http://127.0.0.1:3000"},
		{dev.Flags{Listen: "[::1]:9000"}, parsed, "listen", "http://localhost:9000"},
	} {
		_, err := dev.Combine(c.flags, c.file)
		var wrong *dev.FlagError
		if !errors.As(err, &wrong) || wrong.Flag != c.flag || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.flags, err)
		}
	}
}

// TestPathsOfServers checks that people see what path a server gets, and are warned of
// paths that are hardly meant.
func TestPathsOfServers(t *testing.T) {
	for _, c := range []struct {
		flags       dev.Flags
		line, doubt string
	}{
		{dev.Flags{APIs: []string{"http://localhost:1/base"}, Web: ":2"}, "/api http://localhost:1/base, which gets /base/api/...", ""},
		{dev.Flags{APIs: []string{"http://localhost:1/base,strip-prefix"}, Web: ":2"}, "/api http://localhost:1/base, which gets /base/..., without the prefix", ""},
		{dev.Flags{APIs: []string{"http://localhost:1/api/"}, Web: ":2"}, "which gets /api/api/...", "the API gets its path twice"},
		{dev.Flags{APIs: []string{"http://localhost:1/api,strip-prefix"}, Web: ":2"}, "which gets /api/...", ""},
		{dev.Flags{APIs: []string{":1"}, Web: "http://localhost:2/app/"}, "/ http://localhost:2/app/, the page", "fix=\"if its pages are there already, name it as http://localhost:2\""},
		{dev.Flags{APIs: []string{":1"}, Web: "http://localhost:2/app", Mode: "add"}, "the page stays at http://localhost:2", "the path of the page's address means nothing"},
		{dev.Flags{APIs: []string{":1"}, Web: "http://localhost:2/"}, "/ http://localhost:2/, the page", ""},
	} {
		var log bytes.Buffer
		r := open(t, options{flags: c.flags, log: slog.New(slog.NewTextHandler(&log, nil))})
		serveUntilEnd(t, r)
		if got := shown(r.Settings); !strings.Contains(got, c.line) {
			t.Errorf("%+v: %s, want %s", c.flags, got, c.line)
		}
		if got := log.String(); c.doubt == "" && strings.Contains(got, "WARN") || !strings.Contains(got, c.doubt) {
			t.Errorf("%+v: the log has %q, want %q", c.flags, got, c.doubt)
		}
	}
}
