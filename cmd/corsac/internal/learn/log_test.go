package learn_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/learn"
)

// The lines of each kind of log are what the servers wrote, shortened.
var logs = []struct {
	name, server, text string
	want               string // origins; methods; headers; credentials
	counts             learn.LogCounts
}{
	{
		"caddy", "",
		`{"level":"info","ts":1,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"127.0.0.1","proto":"HTTP/2.0","method":"OPTIONS","host":"api.example.com","uri":"/items/1","headers":{"Origin":["https://app.example.com"],"Access-Control-Request-Method":["PUT"],"Access-Control-Request-Headers":["content-type,x-id"],"User-Agent":["x"]},"tls":{"version":772}},"bytes_read":0,"status":204,"resp_headers":{"Server":["Caddy"]}}
{"level":"info","ts":1,"request":{"proto":"HTTP/2.0","method":"PUT","host":"api.example.com","uri":"/items/1","headers":{"Origin":["https://app.example.com"],"X-Id":["1"],"Content-Type":["application/json"],"Cookie":["REDACTED"],"User-Agent":["x"],"Accept":["*/*"]}},"status":200}
{"level":"info","msg":"serving initial configuration"}`,
		"https://app.example.com; PUT; content-type x-id; true",
		learn.LogCounts{Lines: 3, Used: 2, Unknown: 1},
	},
	{
		"traefik", "",
		`{"ClientHost":"10.0.0.1","DownstreamStatus":204,"RequestHost":"api.example.com","RequestMethod":"OPTIONS","RequestPath":"/items/1","RequestProtocol":"HTTP/2.0","RequestScheme":"https","request_Origin":"https://app.example.com","request_Access-Control-Request-Method":"DELETE","level":"info","msg":""}
{"DownstreamStatus":200,"RequestHost":"api.example.com","RequestMethod":"GET","RequestPath":"/items","RequestScheme":"https","request_Origin":"https://api.example.com"}`,
		"https://app.example.com; DELETE; ; false",
		learn.LogCounts{Lines: 2, Used: 1},
	},
	{
		"nginx, JSON", "https://api.example.com",
		`{"time":"2026-11-28","request":"POST /items HTTP/1.1","status":201,"http_origin":"https://app.example.com","http_content_type":"application/json"}`,
		"https://app.example.com; ; content-type; false",
		learn.LogCounts{Lines: 1, Used: 1},
	},
	{
		"combined", "https://api.example.com",
		`127.0.0.1 - - [28/Nov/2026:10:00:00 +0000] "GET /items?a=1 HTTP/1.1" 200 12 "https://app.example.com/shop" "Mozilla/5.0 \"x\""
127.0.0.1 - alice [28/Nov/2026:10:00:00 +0000] "DELETE /items/1 HTTP/2.0" 204 0 "https://app.example.com/" "Mozilla/5.0"
127.0.0.1 - - [28/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "curl/8"
garbage`,
		"https://app.example.com; DELETE; ; false",
		learn.LogCounts{Lines: 4, Used: 2, Unknown: 1},
	},
	{
		"corsac, text", "",
		`time=2026-11-28T10:00:00Z level=DEBUG msg=request method=GET host=api.example.com target=/items status=200 took=1ms origin=https://app.example.com client=127.0.0.1:1
time=2026-11-28T10:00:00Z level=INFO msg="listening" addr=:8080`,
		"https://app.example.com; ; ; false",
		learn.LogCounts{Lines: 2, Used: 1, Unknown: 1},
	},
	{
		"corsac, JSON", "http://localhost:8080",
		`{"time":"2026-11-28T10:00:00Z","level":"DEBUG","msg":"request","method":"PATCH","host":"localhost:8080","target":"/items","status":200,"took":1,"origin":"http://localhost:3000","client":"127.0.0.1:1"}`,
		"http://localhost:3000; PATCH; ; false",
		learn.LogCounts{Lines: 1, Used: 1},
	},
}

func TestLogs(t *testing.T) {
	t.Parallel()
	for _, tt := range logs {
		var l learn.Learner
		counts, err := l.ReadLog(strings.NewReader(tt.text), tt.server)
		if err != nil || counts != tt.counts {
			t.Errorf("%s: %+v, %v, want %+v", tt.name, counts, err, tt.counts)
		}
		results := l.Results()
		if len(results) != 1 {
			t.Errorf("%s: %d servers, want 1", tt.name, len(results))
			continue
		}
		p := &results[0].Policy
		credentials := "false"
		if p.AllowCredentials {
			credentials = "true"
		}
		got := strings.Join([]string{strings.Join(p.AllowOrigins, " "), strings.Join(p.AllowMethods, " "), strings.Join(p.AllowHeaders, " "), credentials}, "; ")
		if got != tt.want {
			t.Errorf("%s: learned %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestLongLines skips a line that is too long, and reads the next.
func TestLongLines(t *testing.T) {
	t.Parallel()
	var l learn.Learner
	text := `{"x":"` + strings.Repeat("x", learn.MaxLine) + "\"}\n" + logs[1].text
	counts, err := l.ReadLog(strings.NewReader(text), "")
	if err != nil || counts.Unknown != 1 || counts.Used != 1 {
		t.Errorf("%+v, %v", counts, err)
	}
}

func FuzzReadLog(f *testing.F) {
	for _, tt := range logs {
		f.Add(tt.text, tt.server)
	}
	f.Fuzz(func(t *testing.T, text, server string) {
		var l learn.Learner
		counts, err := l.ReadLog(strings.NewReader(text), server)
		if err != nil || counts.Used+counts.Unknown > counts.Lines {
			t.Errorf("%+v, %v", counts, err)
		}
		results := l.Results()
		file, err := learn.File(results)
		if err != nil {
			t.Fatalf("%v for %q", err, text)
		}
		if slices.ContainsFunc(file, func(b byte) bool { return b < ' ' && b != '\n' || b >= 0x7f }) {
			t.Errorf("control characters in %q", file)
		}
	})
}

// TestLogHosts counts the lines that lack only the name of the server.
func TestLogHosts(t *testing.T) {
	t.Parallel()
	const line = `1.2.3.4 - - [28/Nov/2026:12:00:00 +0000] "GET /items HTTP/1.1" 200 5 "https://app.example.com/" "Mozilla/5.0"` + "\n"
	var l learn.Learner
	n, err := l.ReadLog(strings.NewReader(line+"nonsense\n"), "")
	if err != nil || n.Hostless != 1 || n.Unknown != 1 {
		t.Errorf("%+v, %v", n, err)
	}
}

// TestLogOfCorsac learns nothing from corsac's own requests, and no method from
// preflights in a log without headers.
func TestLogOfCorsac(t *testing.T) {
	t.Parallel()
	const format = `1.2.3.4 - - [28/Nov/2026:12:00:00 +0000] "%s /items HTTP/1.1" 200 5 "%s/" "%s"` + "\n"
	log := fmt.Sprintf(format, "OPTIONS", "http://localhost:5173", "Mozilla/5.0") +
		fmt.Sprintf(format, "PUT", "http://localhost:5173", "Mozilla/5.0") +
		fmt.Sprintf(format, "DELETE", "http://corsace48b48f7c6.localhost:5173", "Mozilla/5.0 (compatible; corsac)") +
		`{"request":{"method":"DELETE","host":"localhost:7021","uri":"/","headers":{"Origin":["http://corsac1.localhost:1"],"User-Agent":["Mozilla/5.0 (compatible; corsac)"]}},"status":200}` + "\n"
	var l learn.Learner
	if _, err := l.ReadLog(strings.NewReader(log), "http://localhost:7021"); err != nil {
		t.Fatal(err)
	}
	results := l.Results()
	if len(results) != 1 {
		t.Fatalf("%+v", results)
	}
	p := results[0].Policy
	if !slices.Equal(p.AllowMethods, []string{"PUT"}) || !slices.Equal(p.AllowOrigins, []string{"http://localhost:5173"}) || results[0].Requests != 1 {
		t.Errorf("%+v", results[0])
	}
}
