package child

import (
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/localnet"
)

// own is what is of the machine on which the outputs in testdata were recorded.
var own = owner("devbox", []netip.Addr{netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("fd00::2")})

// findings are the addresses in an output, the URLs first.
func findings(output string) (found []string) {
	var l lines
	var worded []string
	each := func(line string) {
		for _, a := range inText(line, own) {
			found = append(found, a.url().String())
		}
		if port := inWords(line); port != 0 {
			worded = append(worded, "port "+strconv.Itoa(int(port)))
		}
	}
	l.add([]byte(output), each)
	l.end(each)
	return append(found, worded...)
}

// TestServers checks the address in what servers print when they start. Those with
// ports from 41731 on were recorded here; the others are as their documentation and
// their users show them.
func TestServers(t *testing.T) {
	want := map[string]string{
		"angular-12.txt": "http://localhost:4200/", "angular-20.txt": "http://localhost:4200/", "astro.txt": "http://localhost:4321/",
		"cra.txt": "http://localhost:3000", "django.txt": "http://127.0.0.1:8000/", "express.txt": "port 3000",
		"fastify.txt": "http://127.0.0.1:3000", "flask.txt": "http://127.0.0.1:41734", "hugo.txt": "http://localhost:1313/",
		"hugo-old.txt": "http://localhost:1313/", "jekyll.txt": "http://127.0.0.1:4000/", "next.txt": "http://localhost:41741",
		"next-12.txt": "http://localhost:3000", "nuxt.txt": "http://localhost:41745/", "parcel.txt": "http://localhost:41744",
		"php.txt": "http://localhost:41733", "python.txt": "http://localhost:41732/", "rails.txt": "http://127.0.0.1:3000",
		"remix.txt": "http://localhost:3000", "sveltekit.txt": "http://localhost:5173/", "uvicorn.txt": "http://127.0.0.1:8000",
		"vite.txt": "http://localhost:41731/", "webpack.txt": "http://localhost:41752/",
	}
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) != len(want) {
		t.Fatalf("%d files, %v; want %d", len(files), err, len(want))
	}
	for _, file := range files {
		output, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := findings(string(output))
		if len(found) == 0 || found[0] != want[filepath.Base(file)] {
			t.Errorf("%s: %q, want %s first", file, found, want[filepath.Base(file)])
		}
	}
}

// TestFindings checks which words are addresses of a page.
func TestFindings(t *testing.T) {
	for output, want := range map[string]string{
		"http://localhost:3000":                                  "http://localhost:3000",
		"at HTTP://LOCALHOST:3000/.":                             "http://localhost:3000/",
		"https://localhost":                                      "https://localhost",
		"https://localhost:443/a/b?c#d":                          "https://localhost/a/b",
		"url=http://127.0.0.1:3000,":                             "http://127.0.0.1:3000",
		"(http://[::1]:3000)":                                    "http://[::1]:3000",
		"<http://shop.localhost:3000/x>":                         "http://shop.localhost:3000/x",
		`{"msg":"Server listening at http://[::]:8080"}`:         "http://localhost:8080",
		`"http:\/\/localhost"`:                                   "",
		`"http://localhost:3000\n"`:                              "http://localhost:3000",
		"http://192.0.2.2:80/":                                   "http://192.0.2.2/",
		"http://[fd00::2]:3000":                                  "http://[fd00::2]:3000",
		"http://DEVBOX:3000 http://devbox.local:3000":            "http://devbox:3000 http://devbox.local:3000",
		"https://nodejs.org/en/docs/inspector":                   "",
		"http://192.0.2.3:3000":                                  "",
		"http://localhost.example.com:3000":                      "",
		"http://localhost@example.com":                           "",
		"http://localhost:3000@example.com":                      "",
		"http://localhost:${port}":                               "",
		"http://localhost:":                                      "",
		"http://localhost:0":                                     "",
		"http://localhost:65536":                                 "",
		"http://localhost:300000":                                "",
		"http://localhost:3000x":                                 "",
		"http://localhost_x:1":                                   "",
		"xhttp://localhost:1":                                    "",
		"ws://localhost:3000 wss://localhost:3000":               "",
		"mongodb://localhost:27017":                              "",
		"Web Server is available at //localhost:1313/":           "http://localhost:1313/",
		"//localhost/":                                           "",
		"Debugger listening on ws://127.0.0.1:9229/a":            "",
		"Debugger listening on 127.0.0.1:9229":                   "",
		"DevTools listening on http://localhost:9222":            "",
		"LiveReload address: http://127.0.0.1:35729":             "",
		"[HPM] Proxy created: /api -> http://localhost:1":        "",
		"Port 3000 is in use, trying another one...":             "",
		"Something is already running on port 3000.":             "",
		"Error: connect ECONNREFUSED http://localhost:1":         "",
		"connected to http://localhost:9200":                     "",
		"port 3000":                                              "port 3000",
		"Listening on port 3000.":                                "port 3000",
		"Server is running on port: 3000!":                       "port 3000",
		"App listening on :3000":                                 "port 3000",
		"Listening on *:3000":                                    "port 3000",
		"listening on :::3000":                                   "port 3000",
		"listening on [::]:3000":                                 "port 3000",
		"started server on 0.0.0.0:3000":                         "port 3000",
		"listening on localhost:4200, open":                      "port 4200",
		"Listening at 3000":                                      "port 3000",
		"level=info msg=listening addr=:8080":                    "port 8080",
		`{"message":"ready","port":3000}`:                        "",
		`{"message":"ready","port": 3000 }`:                      "port 3000",
		"Redis server listening on port 6379":                    "",
		"started at 10:33:12":                                    "",
		"12:34:56 listening":                                     "",
		"started at 2026-11-29":                                  "",
		"ready in 3000 ms":                                       "",
		"running on 3000ms":                                      "",
		"ports 3000":                                             "",
		"port 1":                                                 "",
		"version 3000":                                           "",
		"\x1b[36mhttp://localhost:\x1b[1m5173\x1b[22m/":          "http://localhost:5173/",
		"http://localhost:51\x1b[2K\x1b[1G73":                    "http://localhost:51",
		"\x1b]8;;http://a.b\x1b\\http://localhost:1\x1b]8;;\x07": "http://localhost:1",
		"\x1b]0;title never ends\nhttp://localhost:1":            "http://localhost:1",
		"\x1b(Bhttp://localhost:1\x1b=":                          "http://localhost:1",
		"50%\rhttp://localhost:1\r\n":                            "http://localhost:1",
	} {
		if got := strings.Join(findings(output), " "); got != want && !(want != "" && strings.HasPrefix(got, want+" ")) {
			t.Errorf("%q: %q, want %q", output, got, want)
		}
	}
}

// TestLongLine checks that a line is bounded, and that a word at the bound does not
// become another one.
func TestLongLine(t *testing.T) {
	for extra := range 40 {
		output := strings.Repeat("x", maxLine-40+extra) + " http://localhost:5173/ " + strings.Repeat("y", 3*maxLine) + "\nhttp://localhost:9\n"
		found := findings(output)
		for _, one := range found {
			if one != "http://localhost:5173/" && one != "http://localhost:9" {
				t.Fatalf("%d: %s", extra, one)
			}
		}
		if found[len(found)-1] != "http://localhost:9" {
			t.Errorf("%d: the next line is lost: %q", extra, found)
		}
	}
}

// FuzzLines checks that nothing that a server prints leads to another machine, and
// that little of it is kept.
func FuzzLines(f *testing.F) {
	f.Add([]byte("\x1b[1mhttp://localhost:1\x1b]8;;x\x07//[::1]:2/ port 3\n"), 3)
	f.Add([]byte("http://[::]:1/\x1b[listening on :4\r"), 1)
	f.Fuzz(func(t *testing.T, output []byte, size int) {
		var l lines
		each := func(line string) {
			if len(line) > maxLine {
				t.Errorf("a line of %d bytes", len(line))
			}
			for _, a := range inText(line, owner("", nil)) {
				addr, err := netip.ParseAddr(a.host)
				if !localnet.IsLocalhost(a.host) && (err != nil || !addr.Unmap().IsLoopback()) || a.port == 0 {
					t.Errorf("%q: %+v", line, a)
				}
			}
			inWords(line)
		}
		for size = max(size, 1); len(output) > size; output = output[size:] {
			l.add(output[:size], each)
		}
		l.add(output, each)
		l.end(each)
	})
}
