package cli_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
)

// place is where text from outside can enter: it returns the command with the
// text in that place.
type place struct {
	name    string
	command func(raw string) call
}

// call is a command with its input and environment.
type call struct {
	args  []string
	stdin string
	env   map[string]string
}

// hostileServer answers with whatever text it is given, in places that depend on
// the path. A % stands for the text.
type hostileServer struct {
	url  string
	text atomic.Value
}

// answers are the responses of a hostileServer, by path.
var answers = map[string]string{
	"/origin":    "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: %\r\n",
	"/headers":   "HTTP/1.1 200 %\r\nAccess-Control-Allow-Origin: *\r\n%: x\r\nX-%: 1\r\nContent-Type: %\r\nVary: %\r\nSet-Cookie: a=%; Path=%\r\nWWW-Authenticate: %\r\nAllow: %\r\nAccess-Control-Expose-Headers: %\r\n",
	"/preflight": "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Allow-Methods: %\r\nAccess-Control-Allow-Headers: %\r\nAccess-Control-Max-Age: %\r\n",
	"/policy":    "HTTP/1.1 200 OK\r\nCross-Origin-Resource-Policy: %\r\nTiming-Allow-Origin: %\r\n",
	"/away":      "HTTP/1.1 302 Found\r\nAccess-Control-Allow-Origin: *\r\nLocation: %\r\n",
	"/query":     "HTTP/1.1 302 Found\r\nAccess-Control-Allow-Origin: *\r\nLocation: /origin?%\r\n",
	"/user":      "HTTP/1.1 302 Found\r\nAccess-Control-Allow-Origin: *\r\nLocation: http://%@%/\r\n",
	"/status":    "HTTP/1.1 % %\r\n",
	"/garbage":   "%\r\n",
	"/page":      "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Security-Policy: connect-src %; % %\r\nReferrer-Policy: %\r\n",
	"/moved":     "HTTP/1.1 302 Found\r\nLocation: %\r\n",
}

func newHostileServer(t *testing.T) *hostileServer {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	s := &hostileServer{url: "http://" + l.Addr().String()}
	s.text.Store("")
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go s.answer(conn)
		}
	}()
	return s
}

func (s *hostileServer) answer(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	r, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	head, ok := answers[r.URL.Path]
	if !ok {
		head = "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\n"
	}
	_, _ = fmt.Fprint(conn, strings.ReplaceAll(head, "%", s.text.Load().(string))+"Content-Length: 0\r\nConnection: close\r\n\r\n")
}

// places returns all of them: every flag and argument of every command, every
// kind of input, and every part of an answer.
func places(t *testing.T, s *hostileServer) []place {
	t.Helper()
	list := commandPlaces(cli.Root(), nil, s)
	for _, more := range [][]place{checkPlaces(s), pastePlaces(s), filePlaces(t, s), environmentPlaces(s), projectPlaces(t)} {
		list = append(list, more...)
	}
	return list
}

// arguments returns arguments with which a command works.
func arguments(path []string, s *hostileServer) []string {
	switch strings.Join(path, " ") {
	case "check":
		return []string{s.url + "/", "--origin", testOrigin}
	case "need":
		return []string{testOrigin, s.url}
	case "serve":
		return []string{"--upstream", s.url, "--allow-origin", testOrigin, "--listen", "256.0.0.1:0"} // cannot listen
	case "demo":
		return []string{"--host", "example.com"} // refused
	case "dev":
		return []string{"--listen", "256.0.0.1:0"} // cannot listen
	}
	return nil
}

// commandPlaces walks the tree of commands.
func commandPlaces(cmd *cobra.Command, path []string, s *hostileServer) (list []place) {
	add := func(name string, args func(raw string) []string) {
		list = append(list, place{strings.Join(append([]string{"corsac"}, path...), " ") + ": " + name, func(raw string) call {
			return call{args: append(append([]string{}, path...), args(raw)...)}
		}})
	}
	works := arguments(path, s)
	add("argument", func(raw string) []string { return []string{raw} })
	add("arguments", func(raw string) []string { return []string{"http://" + raw + ".example", raw, raw} })
	add("further argument", func(raw string) []string { return append(append([]string{}, works...), raw) })
	add("unknown flag", func(raw string) []string { return []string{"--" + raw} })
	add("unknown flag with a value", func(raw string) []string { return []string{"--x" + raw + "=" + raw} })
	add("unknown short flag", func(raw string) []string { return []string{"-" + raw} })
	cmd.InitDefaultHelpFlag()
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		add("--"+f.Name, func(raw string) []string { return append(append([]string{}, works...), "--"+f.Name+"="+raw) })
		alone := []string{}
		if cmd.Name() == "dev" { // it would run until it is stopped
			alone = works
		}
		add("--"+f.Name+" alone", func(raw string) []string { return append(append([]string{}, alone...), "--"+f.Name+"="+raw) })
		if f.Shorthand != "" {
			add("-"+f.Shorthand, func(raw string) []string { return append(append([]string{}, works...), "-"+f.Shorthand+raw) })
		}
	})
	for _, sub := range cmd.Commands() {
		list = append(list, commandPlaces(sub, append(append([]string{}, path...), sub.Name()), s)...)
	}
	return list
}

// checkPlaces are places in what a server answers, with every form of output.
func checkPlaces(s *hostileServer) (list []place) {
	add := func(name string, args func(raw string) []string) {
		list = append(list, place{"check: " + name, func(raw string) call {
			return call{args: append([]string{"check", "--origin", testOrigin, "--max-time", "2"}, args(raw)...)}
		}})
	}
	for path := range answers {
		for _, form := range [][]string{{"--explain", "--profile", "all"}, {"--json"}, {"-X", "PUT", "-H", "X-A: 1"}, {"--credentials", "include", "--read-header", "x-a"}, {"--destination", "script", "--mode", "no-cors"}} {
			add(path+" "+strings.Join(form, " "), func(string) []string { return append([]string{s.url + path}, form...) })
		}
	}
	for _, form := range []string{"--explain", "--json", "--curl"} {
		add("path "+form, func(raw string) []string { return []string{s.url + "/" + raw, form} })
		add("query "+form, func(raw string) []string { return []string{s.url + "/?" + raw + "#" + raw, form} })
		add("user "+form, func(raw string) []string { return []string{"http://" + raw + ":" + raw + "@127.0.0.1/", form} })
		add("host "+form, func(raw string) []string { return []string{"http://[" + raw + "]/", form} })
		add("scheme "+form, func(raw string) []string { return []string{raw + "://x/", form} })
		add("method "+form, func(raw string) []string { return []string{s.url + "/preflight", "-X", raw, form} })
		add("header "+form, func(raw string) []string {
			return []string{s.url + "/preflight", "-H", "X-A: " + raw, "-H", "Accept: " + raw, form}
		})
		add("name "+form, func(raw string) []string {
			return []string{s.url + "/preflight", "-H", raw + ": 1", "-H", "Authorization: " + raw, form}
		})
		add("cookie "+form, func(raw string) []string {
			return []string{s.url + "/headers", "--cookie", raw, "--cookie", "a=" + raw, "--credentials", "include", form}
		})
		add("page "+form, func(raw string) []string { return []string{s.url + "/", "--origin=", "--page", s.url + "/page", form} })
		add("page that moves "+form, func(raw string) []string { return []string{s.url + "/", "--origin=", "--page", s.url + "/moved", form} })
		add("read header "+form, func(raw string) []string { return []string{s.url + "/", "--read-header", raw, form} })
	}
	return list
}

// pastePlaces are places in what is copied from a browser or from documentation.
func pastePlaces(s *hostileServer) (list []place) {
	for name, paste := range map[string]string{
		"curl option":           "curl --% 'URL'",
		"curl options":          "curl -% -X'%' 'URL'",
		"curl header":           "curl 'URL/?%' -H 'Origin: http://a.example' -H 'X: %' -H '%: x'",
		"curl origin":           "curl 'URL' -H 'Origin: %'",
		"curl referer":          "curl 'URL' -H 'Referer: %' -e '%'",
		"curl cookie":           "curl 'URL' -H 'Origin: http://a.example' -b '%' -b 'a=%'",
		"curl method":           "curl 'URL' -X '%' -H 'Origin: http://a.example'",
		"curl body":             "curl 'URL' --data-raw '%' -H 'Origin: http://a.example' --dry",
		"curl in double quotes": `curl "URL/%" -H "Origin: http://a.example" -H "X: %"`,
		"curl, ANSI":            `curl $'URL/\%' -H $'X: \u%' -H 'Origin: http://a.example'`,
		"curl variable":         "curl $% ${%}",
		"curl substitution":     "curl $(%) `%`",
		"curl pipe":             "curl URL | % && % > %",
		"curl resolve":          "curl 'URL' --resolve '%' --connect-to '%' -H 'Origin: http://a.example'",
		"other command":         "% wget %",
		"cmd":                   "curl ^\"URL/%^\" ^\r\n -H ^\"Origin: http://a.example^\" ^\r\n -H ^\"X: %^\" ^%",
		"PowerShell":            "Invoke-WebRequest -UseBasicParsing -Uri \"URL/%\" `\r\n-Headers @{\r\n\"%\"=\"%\"\r\n}",
		"fetch string":          `fetch('%')`,
		"fetch":                 `fetch("URL/%", {"headers": {"x": "%", "%": "x"}, "method": "%", "referrer": "%", "mode": "%", "credentials": "%", "body": "%"})`,
		"fetch option":          `fetch("URL", {%: 1, "%": 2})`,
		"fetch template":        "fetch(`URL/${%}`, {method: `%`})",
		"fetch name":            "const % = 1; fetch(%)",
		"fetch header":          `fetch("URL", {headers: {"X": "%"}})`,
		"garbage":               "%",
	} {
		for _, form := range []string{"--explain", "--json", "--curl"} {
			list = append(list, place{"paste: " + name + " " + form, func(raw string) call {
				text := strings.NewReplacer("URL", s.url, "%", raw).Replace(paste)
				format := "auto"
				if strings.Contains(name, "curl") {
					format = "curl"
				}
				args := []string{"check", "--from", format, "-", form, "--dry-run", "--max-time", "2"}
				if strings.HasPrefix(name, "fetch") {
					args = append(args, "--origin", testOrigin)
				}
				return call{args: args, stdin: text}
			}})
		}
	}
	return list
}

// files are texts of files with % for the text as it is, and $ for it in a
// string of JSON, which is one of YAML too.
var files = map[string][]string{
	"-c": {
		"%", "%: 1\n", "policies:\n  %: {allow_origins: [https://a.example]}\n", "policies:\n  $: {allow_origins: [$], $: 1}\n",
		"policies:\n  a:\n    allow_origins: [$, \"https://$\"]\n    allow_methods: [$]\n    allow_headers: [$]\n    expose_headers: [$]\n    max_age: $\n    resource_policy: $\n    allow_timing: [$]\n    dangerously_allow_origin_regexps: [$]\n    allow_credentials: $\n",
		"policies:\n  a: {allow_origins: [https://a.example]}\ngateway:\n  listen: $\n  $: 1\n  routes:\n    - {path: $, host: $, upstream: $, policy: $, timeout: $, preserve_host: $}\n",
		"policies:\n  $: {allow_origins: [https://a.example], allow_methods: [GET]}\ngateway:\n  routes:\n    - {path: /, upstream: \"http://127.0.0.1:1\", policy: $}\n",
		"policies:\n  a: {allow_origins: [https://a.example]}\ngateway:\n  routes:\n    - {path: /, upstream: \"http://u:$@127.0.0.1:1\", policy: a}\n",
		"a: &% [*%]\nb: !% x\n", "- %\n- $\n", "a: \"\\%\"\n", "# %\npolicies: [\n",
	},
	"--batch": {
		"%", "{\"%\": 1}", "{\"url\": $, \"origin\": $}", "{\"url\": \"URL/$\", \"origin\": \"http://a.example\", \"method\": $, \"headers\": {$: $}, \"id\": $, \"cookie\": $}",
		"{\"url\": \"URL/headers\", \"origin\": \"http://a.example\", \"id\": {$: \"%\"}, \"read_headers\": [$]}", "{\"url\": \"URL/origin\", \"page\": {\"url\": $}}",
		"{\"url\": \"URL/\", \"origin\": \"http://a.example\", \"credentials\": $, \"mode\": $, \"profile\": $, \"destination\": $, \"redirect\": $}", "{\"url\": \"URL/\", \"origin\": \"http://a.example\", $: $}",
	},
	"--har": {
		"%", "{\"log\": %}", "{\"log\": {\"creator\": {\"name\": $}, \"entries\": [{\"request\": {\"method\": $, \"url\": $, \"headers\": [{\"name\": \"Origin\", \"value\": $}]}, \"response\": {\"status\": 200, \"headers\": []}}]}}",
		"{\"log\": {\"entries\": [{\"request\": {\"method\": \"GET\", \"url\": \"http://b.example/$\", \"headers\": [{\"name\": \"Origin\", \"value\": \"http://a.example\"}, {\"name\": $, \"value\": $}]}, \"response\": {\"status\": 200, \"headers\": [{\"name\": \"Access-Control-Allow-Origin\", \"value\": $}, {\"name\": $, \"value\": $}], \"_error\": $}}]}}",
		"{\"log\": {\"entries\": [{\"pageref\": \"p\", \"_resourceType\": \"xhr\", \"request\": {\"method\": \"PUT\", \"url\": \"http://b.example/\", \"headers\": [{\"name\": \"Origin\", \"value\": \"http://a.example\"}]}, \"response\": {\"status\": 0, \"headers\": [], \"_error\": $}}], \"pages\": [{\"id\": \"p\", \"title\": $}]}}",
	},
}

// filePlaces are places in files, and in their names.
func filePlaces(t *testing.T, s *hostileServer) (list []place) {
	t.Helper()
	dir := t.TempDir()
	inString := func(raw string) string {
		b, _ := json.Marshal(raw) // never fails for a string
		return string(b)
	}
	for flag, texts := range files {
		commands := [][]string{{"check"}, {"check", "--json"}}
		if flag == "-c" {
			commands = [][]string{{"validate"}, {"validate", "--json"}, {"serve", "--listen", "256.0.0.1:0"}}
		}
		for _, command := range commands {
			for i, text := range texts {
				list = append(list, place{fmt.Sprintf("%s %s, text %d", strings.Join(command, " "), flag, i), func(raw string) call {
					quoted := inString(raw)
					replaced := strings.NewReplacer("URL", s.url, "/$\"", "/"+url.PathEscape(raw)+"\"", "//$\"", "//"+strings.Trim(quoted, `"`)+"\"", ":$@", ":"+strings.Trim(quoted, `"`)+"@", "$", quoted, "%", raw).Replace(text)
					return call{args: append(append([]string{}, command...), flag, "-"), stdin: replaced}
				}})
			}
			list = append(list, place{strings.Join(command, " ") + " " + flag + ", name", func(raw string) call {
				name := filepath.Join(dir, strings.NewReplacer("/", "", "\x00", "").Replace(raw))
				_ = os.WriteFile(name, []byte("x: "+raw), 0o600) // not every name can be one
				return call{args: append(append([]string{}, command...), flag, name)}
			}})
		}
	}
	for _, args := range []func(raw string) []string{
		func(raw string) []string { return []string{"-d", "@" + raw} },
		func(raw string) []string { return []string{"--data-binary", "@" + raw} },
		func(raw string) []string { return []string{"-F", "a=@" + raw} },
		func(raw string) []string { return []string{"--cacert", raw} },
	} {
		list = append(list, place{"check " + args("FILE")[0], func(raw string) call {
			return call{args: append([]string{"check", "https://127.0.0.1:1/", "--origin", testOrigin}, args(raw)...)}
		}})
	}
	return list
}

// environmentPlaces are variables.
func environmentPlaces(s *hostileServer) (list []place) {
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "TERM", "COLUMNS", "NO_COLOR", "COLORTERM", "SSL_CERT_FILE", "CLICOLOR"} {
		for _, before := range []string{"", "http://", "http://user:"} {
			list = append(list, place{"variable " + name + " " + before, func(raw string) call {
				value := before + raw
				if strings.HasSuffix(before, ":") {
					value += "@127.0.0.1:1"
				}
				return call{args: []string{"check", strings.Replace(s.url, "127.0.0.1", "api.localhost", 1) + "/", "--origin", testOrigin, "--resolve", "api.localhost:1:127.0.0.1"}, env: map[string]string{name: value}}
			}})
		}
	}
	return list
}
