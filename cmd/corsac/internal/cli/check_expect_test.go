package cli_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
)

// expectServer allows testOrigin to read its responses, which have X-Hidden.
func expectServer(t *testing.T) string {
	t.Helper()
	return corsServer(t, func(w http.ResponseWriter, _ *http.Request) { allow(w, "X-Hidden", "1") })
}

// TestCheckExpect checks that an expectation alone decides the exit status, and that
// a header that script cannot read makes it 1.
func TestCheckExpect(t *testing.T) {
	api := expectServer(t)
	for _, c := range []struct {
		args   string
		status int
		out    string
	}{
		{"--origin " + testOrigin + " --expect allowed", 0, "✓ as expected: allowed"},
		{"--origin " + testOrigin + " --expect blocked", 1, "✗ not as expected: expected is blocked"},
		{"--origin https://other.example --expect blocked", 0, "✓ as expected: blocked"},
		{"--origin https://other.example --expect AllowOriginMismatch", 0, "✓ as expected: AllowOriginMismatch"},
		{"--origin https://other.example --expect MissingAllowOriginHeader", 1, "✗ not as expected: expected is MissingAllowOriginHeader, and the verdict is AllowOriginMismatch\n"},
		{"--origin https://other.example --expect MissingAllowOriginHeader --junit", 1, "The verdict is AllowOriginMismatch, and expected is MissingAllowOriginHeader"},
		{"--origin " + testOrigin + " --expect MissingAllowOriginHeader", 1, "and the verdict is allowed\n"},
		{"--origin https://other.example --expect allowed --profile all", 1, "✗ not as expected"},
		{"--origin " + testOrigin + " --read-header X-Hidden", 1, "✗ script cannot read X-Hidden"},
		{"--origin " + testOrigin + " --read-header X-Absent --expect allowed", 1, "○ the response does not have X-Absent"},
		{"--origin https://other.example --read-header X-Hidden --expect blocked", 0, "✓ as expected"},
		{"--origin https://other.example --expect blocked --junit", 0, `failures="0"`},
		{"--origin https://other.example --expect allowed --junit", 1, "The verdict is blocked, and expected is allowed"},
		{"--origin " + testOrigin + " --read-header X-Hidden --junit", 1, `type="header-not-readable"`},
		{"--origin " + testOrigin + " --expect no", 2, `no verdict is "no"`},
	} {
		out, errs, status := corsacCheck(t, "", append([]string{api}, strings.Fields(c.args)...)...)
		if status != c.status || !strings.Contains(out+errs, c.out) {
			t.Errorf("%s: status %d, want %d and %s\n%s%s", c.args, status, c.status, c.out, out, errs)
		}
	}
}

// TestCheckBatchExpect checks that each line of a batch can have its own expectation.
func TestCheckBatchExpect(t *testing.T) {
	api := expectServer(t)
	lines := strings.ReplaceAll(`{"url": "{api}", "origin": "`+testOrigin+`", "expect": "allowed"}
{"url": "{api}", "origin": "https://other.example", "expect": "blocked"}
`, "{api}", api)
	out, errs, status := corsacCheck(t, lines, "--batch", "-")
	if want := "2 of 2 requests: 1 allowed, 1 blocked, as expected\n"; status != 0 || errs != want || strings.Count(out, `"as_expected":true`) != 2 {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
	validateVerdict(t, []byte(out))
	out, errs, status = corsacCheck(t, lines+`{"url": "`+api+`", "origin": "https://other.example", "expect": "allowed"}`, "--batch", "-", "--format", "text")
	if status != 1 || !strings.HasSuffix(errs, "1 not as expected\n") || strings.Count(out, "The console of Chrome") != 1 || !strings.Contains(out, "Line 3\n") {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
	named := `{"id": "Other page", "url": "` + api + `", "origin": "https://other.example", "expect": "allowed"}`
	for format, want := range map[string]string{"text": "Line 1, Other page\n", "junit": "in Chrome, line 1, Other page"} {
		if out, _, _ := corsacCheck(t, named, "--batch", "-", "--format", format); !strings.Contains(out, want) {
			t.Errorf("%s: %q is missing in:\n%s", format, want, out)
		}
	}
	file := filepath.Join(t.TempDir(), "checks.jsonl")
	if err := os.WriteFile(file, []byte("\n"+named), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, _, _ := corsacCheck(t, "", "--batch", file, "--format", "github"); !strings.HasPrefix(out, "::error file="+file+",line=2,title=corsac%3A not-as-expected::") {
		t.Errorf("no annotation of line 2 in:\n%s", out)
	}
	_, errs, status = corsacCheck(t, `{"url": "`+api+`", "origin": "null", "expect": "alowed"}`, "--batch", "-")
	if status != cli.ExitUsage || !strings.Contains(errs, `line 1: "expect": no verdict is "alowed"; did you mean allowed?`) {
		t.Errorf("status %d: %s", status, errs)
	}
}

// TestCheckJSONLines checks that several verdicts are one object per line, and one
// alone is as people read it.
func TestCheckJSONLines(t *testing.T) {
	api := expectServer(t)
	out, _, _ := corsacCheck(t, "", api, "--origin", testOrigin, "--json", "--repeat", "2")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 2 || !json.Valid([]byte(lines[0])) || !json.Valid([]byte(lines[1])) {
		t.Errorf("%d lines\n%s", len(lines), out)
	}
	out, _, _ = corsacCheck(t, "", api, "--origin", testOrigin, "--json")
	if !strings.HasPrefix(out, "{\n  \"profile\"") {
		t.Error(out)
	}
}

// TestCheckPolicy checks that policies of a file answer in place of servers, whatever
// the source of the requests, and that nothing is sent.
func TestCheckPolicy(t *testing.T) {
	var requests seen
	api := corsServer(t, func(_ http.ResponseWriter, r *http.Request) { requests.add(r) })
	file := filepath.Join(t.TempDir(), "corsac.yaml")
	if err := os.WriteFile(file, []byte("policies:\n  app:\n    allow_origins: ["+testOrigin+"]\n    allow_methods: [PUT]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	put := []string{"-X", "PUT", "-c", file}
	for _, c := range []struct {
		in     string
		args   []string
		status int
		want   string
	}{
		{"", append([]string{api, "--origin", testOrigin}, put...), 0, ":4:21: allow_methods of policy app allows the method PUT"},
		{"", append([]string{api, "--page", testOrigin + "/x"}, put...), 0, "Firefox            ✓ allowed"},
		{"", append([]string{api, "--origin", testOrigin, "--profile", "firefox"}, put...), 0, "allowed by Firefox"},
		{"", append([]string{api, "--origin", "https://other.example"}, put...), 1, ":3:20: policy app does not allow the origin https://other.example; add"},
		{"curl -X PUT " + api, []string{"--from", "curl", "-", "--origin", testOrigin, "-c", file}, 0, "nothing was sent"},
		{`{"url": "` + api + `", "page": "https://other.example/", "expect": "blocked"}`, []string{"--batch", "-", "-c", file}, 0, `"as_expected":true`},
		{"", []string{api, "--origin", testOrigin, "-c", file, "--policy", "other"}, 2, `the file has no policy "other"; it has app`},
		{"", []string{api, "--origin", testOrigin, "--policy", "app"}, 2, "add the file, such as -c corsac.yaml"},
		{"", []string{api, "--origin", testOrigin, "-c", file, "-k", "--watch"}, 2, "--config and --watch cannot be used together"},
		{"", []string{api, "--origin", testOrigin, "-c", file + "x"}, 3, "correct the path"},
	} {
		out, errs, status := corsacCheck(t, c.in, c.args...)
		if status != c.status || !strings.Contains(out+errs, c.want) {
			t.Errorf("%v: status %d, want %d and %s\n%s%s", c.args, status, c.status, c.want, out, errs)
		}
		if sent, _ := requests.drain(); len(sent) > 0 {
			t.Errorf("%v: sent %d requests", c.args, len(sent))
		}
	}
	out, _, _ := corsacCheck(t, "", api, "--origin", testOrigin, "-c", file, "--json")
	validateVerdict(t, []byte(out))
}

// TestCheckNetworkAdvice checks that a failure of the network ends with the option that
// helps to go on.
func TestCheckNetworkAdvice(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = quiet
	server.StartTLS()
	t.Cleanup(server.Close)
	out, _, status := corsacCheck(t, "", server.URL, "--origin", testOrigin)
	if want := "note: To check CORS all the same, add -k, which accepts any certificate, or --cacert FILE"; status != 1 || !strings.Contains(out, want) {
		t.Errorf("status %d, want %s\n%s", status, want, out)
	}
}
