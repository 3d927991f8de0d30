package paste_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/paste"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// show returns a request in one line.
func show(r *paste.Request) string {
	q := r.Script
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", q.Method, q.URL)
	for _, h := range q.Headers {
		fmt.Fprintf(&b, " [%s: %s]", h.Name, h.Value)
	}
	if q.Body != nil {
		fmt.Fprintf(&b, " %s %q", q.Body.Kind, r.Body)
	}
	for _, s := range []struct{ name, value string }{
		{"page", firstOf(r.Page.URL, r.Page.Origin)},
		{"cookie", r.Cookie},
		{"agent", r.UserAgent},
		{"credentials", string(q.Credentials)},
		{"mode", string(q.Mode)},
		{"redirect", q.Redirect},
		{"cache", q.Cache},
		{"referrer", q.ReferrerPolicy},
		{"connect", strings.Join(append(r.ConnectTo, r.Resolve...), " ")},
	} {
		if s.value != "" {
			fmt.Fprintf(&b, " %s=%s", s.name, s.value)
		}
	}
	if d := string(q.Destination); d != "" && d != "fetch" {
		b.WriteString(" " + d)
	}
	if r.Insecure {
		b.WriteString(" insecure")
	}
	if len(r.Notes) > 0 {
		b.WriteString(" noted")
	}
	if r.Preflight {
		b.WriteString(" preflight")
	}
	return b.String()
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// holdPaste reads a paste and compares its requests.
func holdPaste(t *testing.T, text, want string) {
	t.Helper()
	requests, err := paste.Parse(text, paste.Auto, nil)
	if err != nil {
		t.Errorf("%s\n%v", text, err)
		return
	}
	var got []string
	for _, r := range requests {
		got = append(got, show(r))
	}
	if got := strings.Join(got, "; "); got != want {
		t.Errorf("%s\n got %q\nwant %q", text, got, want)
	}
}

const urlencoded = "[Content-Type: application/x-www-form-urlencoded]"

func TestCurl(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`curl https://api.example/items`, "GET https://api.example/items"},
		{`$ curl 'https://api.example/a?b=c&d' -sSL | jq . > out.json`, "GET https://api.example/a?b=c&d"},
		{"curl \\\n  -X PUT \\\r\n  https://x.example/ 2>/dev/null # why", "PUT https://x.example/"},
		{`/usr/bin/curl -XPATCH -H"X-A: b" -kgv --compressed x.example`, "PATCH http://x.example [X-A: b] insecure"},
		{`API_KEY=1 curl --url https://x.example/ -H 'X-Empty;' -H 'Accept:' -H "a:b"`, "GET https://x.example/ [X-Empty: ] [a: b]"},
		{`curl https://x.example/ -d a=b -d 'c d'`, `POST https://x.example/ ` + urlencoded + ` arraybuffer "a=b&c d"`},
		{`curl https://x.example/ --json '{"a":1}'`, `POST https://x.example/ [Content-Type: application/json] [Accept: application/json] arraybuffer "{\"a\":1}"`},
		{`curl https://x.example/?q=1#f -G -d a=b --data-urlencode 'c=d e' --url-query =x/y`, "GET https://x.example/?q=1&x%2Fy&a=b&c=d+e#f"},
		{`curl -i -- https://x.example/ -x`, "GET https://x.example/; GET http://-x"},
		{`curl -I https://x.example/`, "HEAD https://x.example/"},
		{`curl -u me:secret https://x.example/ --oauth2-bearer t`, "GET https://x.example/ [Authorization: Basic bWU6c2VjcmV0] [Authorization: Bearer t]"},
		{`curl 'https://x.example/\[1\]' -b 'a=1; b=2' -H 'cookie: c=3'`, "GET https://x.example/[1] cookie=a=1; b=2; c=3 credentials=include"},
		{`curl -g 'https://x.example/\[1\]' -A me -r 0-9`, `GET https://x.example/\[1\] [Range: bytes=0-9] agent=me`},
		{`curl https://x.example/ -H 'Origin: https://app.example' -e 'https://app.example/p;auto' --connect-to a:1:b:2`, "GET https://x.example/ page=https://app.example/p connect=a:1:b:2"},
		{`curl $'https://x.example/\'\u0041\x42\103\n\ud83d\ude00\U1f600\cA\q'`, "GET https://x.example/'ABC\n😀😀\x01\\q"},
		{`curl "https://x.example/\"\$\` + "`" + `\a"`, "GET https://x.example/\"$`\\a"},
		{`curl https://x.example/1 https://x.example/2 -H a:b --next https://x.example/3`, "GET https://x.example/1 [a: b]; GET https://x.example/2 [a: b]; GET https://x.example/3"},
		{"curl https://x.example/1;\ncurl https://x.example/2 && curl https://x.example/3 &", "GET https://x.example/1; GET https://x.example/2; GET https://x.example/3"},
		{"```sh\ncurl https://x.example/\n```\n", "GET https://x.example/"},
		{"\ufeffcurl https://x.example/ -o out -w '%{http_code}' --max-time 3 -L -m5", "GET https://x.example/"},
		{
			`curl 'https://x.example/' -H 'accept: */*' -H 'cache-control: no-cache' -H 'authorization: b' -H 'origin: http://app.example' -H 'referer: http://app.example/' -H 'sec-fetch-mode: cors' -H 'user-agent: Mozilla/5.0 x'`,
			"GET https://x.example/ [authorization: b] page=http://app.example/ agent=Mozilla/5.0 x",
		},
		{ // Chrome 111
			`curl 'https://x.example/a?b' -H 'authority: x.example' -H 'accept: application/json' -H 'content-type: application/json' -H 'origin: http://app.example' --data-raw '{}' --compressed`,
			`POST https://x.example/a?b [accept: application/json] [content-type: application/json] arraybuffer "{}" page=http://app.example`,
		},
		{ // Safari 16
			`curl 'https://x.example/a' -X 'PUT' -H ':method: PUT' -H ':scheme: https' -H ':path: /a' -H ':authority: x.example' -H 'Accept-Language: en' -H 'X-A: b' -H 'Origin: http://app.example' -H 'User-Agent: Mozilla/5.0 x' -H 'Priority: u=3, i'`,
			"PUT https://x.example/a [X-A: b] page=http://app.example agent=Mozilla/5.0 x",
		},
		{ // Firefox 128
			`curl 'https://x.example/a' --compressed -H 'User-Agent: Mozilla/5.0 x' -H 'Accept: */*' -H 'Accept-Language: en' -H 'X-A: b' -H 'Origin: http://app.example' -H 'Alt-Used: x.example' -H 'Connection: keep-alive' -H 'Priority: u=4' -H 'TE: trailers'`,
			"GET https://x.example/a [X-A: b] page=http://app.example agent=Mozilla/5.0 x",
		},
		{`curl https://x.example/ -H 'cache-control: no-cache'`, "GET https://x.example/ [cache-control: no-cache]"},
		{`curl https://x.example/ -H 'Sec-Fetch-Mode: navigate' -H 'Sec-Fetch-Dest: document'`, "GET https://x.example/ noted"},
		{`curl 'https://x.example/' -H 'If-Match: "^"' --data-raw '{"a":"^b"}'`, `POST https://x.example/ [If-Match: "^"] ` + urlencoded + ` arraybuffer "{\"a\":\"^b\"}"`},
		{"curl https://x.example/ \\  \n -H a:b `\n -H c:d", "GET https://x.example/ [a: b] [c: d]"},
		{"export TOKEN=abc HOST=\"x.example\"\nID=7; curl https://$HOST/${ID} -H \"A: Bearer $TOKEN\"", "GET https://x.example/7 [A: Bearer abc]"},
		{"user@host:~$ curl https://x.example/ \\\n> -H a:b", "GET https://x.example/ [a: b]"},
		{"time curl https://x.example/ && echo done; cd /tmp", "GET https://x.example/"},
		{"curl https://x.example/ |\n jq . |& tee log\ncurl https://y.example/", "GET https://x.example/; GET https://y.example/"},
		{"\x1b[32mcurl\x1b[0m\u00a0https://x.example/\u200b", "GET https://x.example/"},
		{"\xff\xfec\x00u\x00r\x00l\x00 \x00x\x00.\x00y\x00", "GET http://x.y"},
		{"curl -g 'https://x.example/a[1]{b}' https://[::1]/ -b ''", "GET https://x.example/a[1]{b}; GET https://[::1]/"},
		{`curl https://x.example/ --url-query '+a=b c'`, "GET https://x.example/?a=b c"},
		{"curl data:,x", "GET data:,x"},
		{"curl $'\\c?'.x", "GET http://\x7f.x"},
		{"curl https://x.example/ -X OPTIONS -H 'Origin: null' -H 'Access-Control-Request-Method: PUT' -H 'Access-Control-Request-Headers: x-a'", "PUT https://x.example/ [x-a: 0] page=null noted preflight"},
		{"curl https://x.example/ -A Mozilla/5.0 -H 'Cache-Control: no-cache'", "GET https://x.example/ [Cache-Control: no-cache] agent=Mozilla/5.0"},
		{"curl https://x.example/ -d 'Invoke-WebRequest'", "POST https://x.example/ " + urlencoded + ` arraybuffer "Invoke-WebRequest"`},
		// For cmd.exe.
		{"C:\\Users\\me>curl \"https://x.example/%20a%20\" ^  \r\n -H a:b", "GET https://x.example/%20a%20 [a: b]"},
		{"curl ^\"https://x.example/?a=b^&c=^%^20^\" ^\r\n  -H ^\"x: ^\\^\"q^\\^\"^\" ^\r\n  --data-raw ^\"a^\r\n\r\nb\\\\^\"", "POST https://x.example/?a=b&c=%20 [x: \"q\"] " + urlencoded + ` arraybuffer "a\nb\\"`},
		{`curl.exe "https://x.example/?a=^b&c" -H "x: ""q""" -H "y: a\\b" | more`, "GET https://x.example/?a=^b&c [x: \"q\"] [y: a\\\\b]"},
		{"curl ^\"https://x.example/1^\" & curl ^\"https://x.example/2^\"", "GET https://x.example/1; GET https://x.example/2"},
	} {
		holdPaste(t, c.text, c.want)
	}
}

func TestFetch(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`fetch("https://x.example/")`, " https://x.example/"},
		{`const r = await fetch('https://x.example/', {method: 'PUT', headers: {"X-A": "b", n: 1, ok: true}, body: JSON.stringify({a: [1, 2.50, -3, null, undefined], 'b"': "c\n", "a": {}, u: undefined})});`, `PUT https://x.example/ [X-A: b] [n: 1] [ok: true] text "{\"a\":{},\"b\\\"\":\"c\\n\"}"`},
		{`window.fetch("https://x.example/" + "a", undefined).then(r => r.json()).then(console.log)`, " https://x.example/a"},
		{"const base = 'https://x.example', id = 7, h = {a: '1'}\nasync function f() { return await fetch(`${base}/i/${id}\\x41\\u{1f600}\\ud83d\\ude00`, {headers: {...h, ['b' + id]: 'c'}}) }", " https://x.example/i/7A😀😀 [a: 1] [b7: c]"},
		{`fetch("https://x.example/", {headers: new Headers([["a", "b"]]), method: "POST", body: new URLSearchParams({a: "b c", d: "~*"}), credentials: "include", mode: "no-cors", redirect: "manual", cache: "no-store"})`, `POST https://x.example/ [a: b] urlencoded "a=b+c&d=%7E*" credentials=include mode=no-cors redirect=manual cache=no-store`},
		{
			`fetch("https://x.example/a", {"headers": {"authority": "x.example", "method": "PUT", "scheme": "https", "path": "/a", "x-a": "b", "referrer-policy": "origin", "Referer": "http://app.example/"}, "method": "PUT"})`,
			"PUT https://x.example/a [x-a: b] page=http://app.example/ referrer=origin",
		},
		{`fetch("/s", {signal, priority: p, next: {revalidate: 1}})`, " /s"},
		{"async function f() { await fetch(base + `\r\n/x`, {body: JSON.stringify([1e-7, 1e21, -5, .5], null, 2), method: 'PUT'}) }\nconst base = 'https://x.example'", "PUT https://x.example\n/x text " + `"[1e-7,1e+21,-5,0.5]"`},
		{`fetch(new URL("https://x.example/"), {headers: {}, body: null}); fetch("/b", null)`, " https://x.example/;  /b"},
		{`fetch(new URL("../b?t=1:2", "https:\\X.example:443/a/c")); fetch(new URL("https://x.example") + "a")`, " https://x.example/b?t=1:2;  https://x.example/a"},
		{`await fetch("https://x.example/", {
    "credentials": "omit",
    "headers": { "User-Agent": "Mozilla/5.0", "Accept": "*/*", "Sec-GPC": "1", "X-B": "c", "pragma": "no-cache" },
    "referrer": "http://app.example/p",
    "referrerPolicy": "origin",
    "method": "GET",
    "mode": "cors"
});`, "GET https://x.example/ [X-B: c] page=http://app.example/p agent=Mozilla/5.0 credentials=omit mode=cors referrer=origin"},
	} {
		holdPaste(t, c.text, c.want)
	}
}

// TestCopyAll checks that preflights are removed from a paste of all requests.
// The formats for script do not have the headers that show the preflight of a
// sandboxed page.
func TestCopyAll(t *testing.T) {
	for form, want := range map[string]int{"bash": 5, "cmd": 5, "fetch": 6, "node": 6} {
		text, err := os.ReadFile(filepath.Join("testdata", "chromium", "all."+form+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		requests, err := paste.Parse(string(text), paste.Auto, nil)
		if err != nil || len(requests) != want {
			t.Errorf("%s: %d requests, %v", form, len(requests), err)
		}
	}
}

// TestPowerShell checks that the format for PowerShell is recognised and
// refused.
func TestPowerShell(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*", "*.powershell.txt"))
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := paste.Parse(string(text), paste.Auto, nil); err == nil || !strings.Contains(err.Error(), "PowerShell") {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestErrors(t *testing.T) {
	testenv.OneGoroutine(t)
	for _, c := range []struct {
		text string
		line int
		part string
	}{
		{" \n", 0, "paste is empty"},
		{"GET / HTTP/1.1", 0, "neither"},
		{"Invoke-WebRequest -Uri https://x.example", 0, "PowerShell"},
		{"curl", 1, "no URL"},
		{"curl -v", 1, "no URL"},
		{"curl 'https://x.example", 1, "never closed"},
		{"curl \\\n \"https://x.example", 2, "never closed"},
		{"curl $'https://x.example", 1, "never closed"},
		{"curl https://x.example -H \"Authorization: Bearer $TOKEN\"", 1, "$TOKEN"},
		{"curl https://x.example/${ID}", 1, "${ID}"},
		{"curl `cat url`", 1, "`…`"},
		{"curl $(cat url)", 1, "$(…)"},
		{"curl “https://x.example”", 1, "typographic"},
		{"curl https://x.example/<id>", 1, "the value of <id>"},
		{"curl https://x.example/ -d @- <<EOF\n{}\nEOF", 1, "here-document"},
		{"curl https://x.example/ <<EOF\n{}\nEOF", 1, "here-document"},
		{"curl https://x.example/ < in", 1, "would read a file"},
		{"curl –X PUT https://x.example/", 1, "typographic dash"},
		{"curl PUT https://x.example/", 1, `would read "PUT" as a URL`},
		{"curl https://x.example/?a=1&b=2", 1, "the & in the URL"},
		{"curl https://x.example/[1-3]", 1, "start of a range"},
		{"curl https://x.example/{id}", 1, "start of a range"},
		{"curl https://x.example/ -u me", 1, "no password"},
		{"curl https://x.example/ --digest -u me:x", 1, "answers a challenge"},
		{"curl https://x.example/\n-H a:b", 2, "part of a command"},
		{"A=$A$A; curl $A.x", 1, "the value of $A"},
		{"curl ^\"https://x.example/^\" -H ^\"A: %TOKEN%^\"", 1, "the value of %TOKEN%"},
		{"iwr https://x.example", 0, "PowerShell"},
		{"$session = New-Object X\nInvoke-WebRequest -Uri \"https://x.example\"", 0, "PowerShell"},
		{"axios.get('https://x.example')", 0, "axios is not supported"},
		{"wget https://x.example", 0, "wget is not supported"},
		{"https://x.example/a", 0, "this is a URL"},
		{"Access to fetch at 'https://x.example/' from origin 'null' has been blocked by CORS policy: No", 0, "a console message"},
		{"curl x.y" + strings.Repeat(" -H a:b", 1001), 1, "more than 1000 headers"},
		{"curl x.y" + strings.Repeat(" --next x.y", 10_000), 0, "more than 10000 requests"},
		{strings.Repeat("a;", 20_010) + "curl x.y", 0, "more than 10000 requests"},
		{"(curl https://x.example)", 1, "shell syntax"},
		{"curl https://x.example --unheard", 1, "--unheard"},
		{"curl https://x.example -~", 1, "-~"},
		{"curl https://x.example -H", 1, "no value after -H"},
		{"curl https://x.example --header", 1, "no value after --header"},
		{"curl https://x.example -H nocolon", 1, "no colon"},
		{"curl https://x.example -d @secret", 1, "would read a file"},
		{"curl https://x.example -F a=@secret", 1, "would read a file"},
		{"curl https://x.example -F a", 1, "has no ="},
		{"curl https://x.example -b jar", 1, "would read a file"},
		{"curl https://x.example -T f", 1, "would read a file"},
		{"curl https://x.example -H @f", 1, "would read a file"},
		{"curl https://x.example --data-urlencode a@f", 1, "would read a file"},
		{"fetch('x', {headers: [" + strings.Repeat("['a', 'b'],", 1001) + "]})", 0, "more than 1000 headers"},
		{"curl" + strings.Repeat(" x.y", 17), 1, "more than 16 URLs"},
		{strings.Repeat("curl x.y;", 10_001), 0, "more than 10000 requests"},
		{strings.Repeat("fetch('x');", 10_001), 0, "more than 10000 requests"},
		{"fetch(", 1, "not JavaScript"},
		{"\n\nfetch('a' 'b')", 3, "not JavaScript"},
		{"fetch()", 0, "without a URL"},
		{"fetch(url)", 1, "the value of url"},
		{"const url = 'x'; function f(url) { fetch(url) }", 1, "the value of url is unknown"},
		{"const h = new Headers(); h.append('a', 'b'); fetch('x', {headers: h})", 1, "the value of h changes"},
		{"const o = {}; o['method'] = 'PUT'; fetch('x', o)", 1, "the value of o changes"},
		{"const o = {...defaults}; fetch('x', o)", 1, "the value of defaults"},
		{"fetch('x', {body: JSON.stringify({}, f)})", 1, "the value of f"},
		{"fetch(process.env.API)", 1, "the value of process.env.API"},
		{"const id: number = 1; fetch('x')", 1, "not JavaScript"},
		{"fetch(“x”)", 1, "not JavaScript"},
		{"const s = '" + strings.Repeat("x", 1<<20) + "';" + strings.Repeat("fetch('x', {method: 'PUT', body: s});", 100), 0, "too large"},
		{"const o = {" + strings.Repeat("a: undefined,", 1) + "}; const l = [" + strings.Repeat("o,", 1000) + "]; fetch('x', {body: JSON.stringify([" + strings.Repeat("l,", 40_000) + "]), method: 'PUT'})", 0, "too large"},
		{"let url = 'x'; url = 'y'; fetch(url)", 1, "the value of url"},
		{"fetch('x', options)", 1, "the value of options"},
		{"fetch('x', {body: JSON.stringify(item)})", 1, "the value of item"},
		{"fetch('x', {body: {a: 1}, method: 'PUT'})", 0, "the body is an object"},
		{"fetch('x', {headers: 'a'})", 0, "the headers are neither"},
		{"fetch('x', {headers: {'a': '€'}})", 0, "above U+00FF"},
		{"fetch('x', {signal, method: m})", 1, "the value of m"},
		{"refetch(1); fetch.call(1); x.fetch(2); fetch (f)", 1, "the value of f"},
	} {
		_, err := paste.Parse(c.text, paste.Auto, nil)
		var m finding.Mistakes
		if !errors.As(err, &m) || m[0].Place.Line != c.line || !strings.Contains(m.Error(), c.part) || m[0].Why == "" || m[0].Fix.Text == "" && c.text != " \n" {
			t.Errorf("%q: %v, want line %d: …%s…", c.text, err, c.line, c.part)
		}
	}
	if _, err := paste.Parse("x=1", paste.Curl, nil); err == nil || !strings.Contains(err.Error(), "no curl command") {
		t.Errorf("no command: %v", err)
	}
	if _, err := paste.Parse(strings.Repeat("x", paste.MaxInput+1), paste.Auto, nil); err == nil {
		t.Error("no bound")
	}
}

// TestCurlOptions checks the names of options against those of curl.
func TestCurlOptions(t *testing.T) {
	help, err := exec.CommandContext(t.Context(), testenv.Program(t, "apt-get install curl", "curl"), "--help", "all").Output()
	if err != nil {
		t.Fatal(err)
	}
	options := regexp.MustCompile(`(?m)^ *(?:-(.), +)? *--([a-z0-9.-]+)( <| \[)?`).FindAllStringSubmatch(string(help), -1)
	if len(options) < 200 {
		t.Fatalf("only %d options", len(options))
	}
	for _, o := range options {
		long, short := "--"+o[2], "-"+o[1]
		for _, option := range []string{long, short} {
			if option == "-" || o[2] == "next" {
				continue
			}
			// If the option takes a value, it takes the URL, which is then
			// missing.
			_, err := paste.Parse("curl "+option+" https://x.example", paste.Curl, nil)
			takes := err != nil && (strings.Contains(err.Error(), "no URL") || strings.Contains(err.Error(), "file") || strings.Contains(err.Error(), "has no") || strings.Contains(err.Error(), "something other"))
			if o[2] == "url" {
				takes = err == nil
			}
			if want := o[3] != ""; takes != want {
				t.Errorf("%s: takes a value: %v, want %v (%v)", option, takes, want, err)
			}
		}
	}
}

// TestBash quotes words in every way and compares the result with bash.
func TestBash(t *testing.T) {
	bash := testenv.Program(t, "apt-get install bash", "bash")
	for _, line := range []string{
		`a 'b c' "d e" f\ g`, `'' "" $''`, `a'b'"c"$'d'e`, `"\a\$\\\"\'" '\a'`, `$'\a\b\e\E\f\n\r\t\v\\\'\"\?\z'`, `$'\1\12\123\1234\x4\x41\x411\xzz\u41\u0041z\U1F600\u00e9'`,
		`$'a\0b' $'a\u0000b'c $'a\x00b'`, `$'\cA\ca\c['`, "a\\\nb 'a\\\nb' \"a\\\nb\" $'a\\\nb'", "a#b # c 'd", `a$ "b$" "$ " $`, `$"a b"`, `{a,b`, `a=b ~x`, `"a` + "\n" + `b"`, `$'\'"'`, `!a "!b"`, "$'\\u\\x\\U'",
	} {
		want, err := exec.CommandContext(t.Context(), bash, "-c", "LC_ALL=C.UTF-8; printf '%s\\n%%%%\\n' "+line).Output()
		if err != nil {
			t.Fatal(err)
		}
		words, err := paste.PosixWords("printf " + line)
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		got := strings.Join(words[1:], "\n%%\n") + "\n%%\n"
		if got != string(want) {
			t.Errorf("%s\n got %q\nbash %q", line, got, want)
		}
	}
}

// TestOpenValues checks that all values that a paste leaves open are named at once, with
// their lines, and that they can be given.
func TestOpenValues(t *testing.T) {
	for _, c := range []struct {
		text   string
		values []string
		open   string // the lines and names, or the URL if none is
		hint   string
	}{
		{"fetch(`https://x.example/${id}/${user.name}`,\n {method: m, headers: {A: `Bearer ${token()}`}})", nil, "1 id, 1 user.name, 2 m, 2 token()", "--set id=… --set user.name=… --set m=… --set token()=…"},
		{"fetch(`https://x.example/${id}/${user.name}`)", []string{"id=42", "user.name=a=b"}, "https://x.example/42/a=b", ""},
		{"const id = route.id;\nfetch(`https://x.example/${id}`)", []string{"id=42"}, "https://x.example/42", ""},
		{"fetch('https://x.example/', options)", nil, "1 options", "define it in the paste"},
		{"fetch('https://x.example/' + id, options)", nil, "1 id, 1 options", "--set id=…;"},
		{"curl \"https://x.example/$ID\" \\\n -H \"A: ${TOKEN}\"", nil, "1 $ID, 2 ${TOKEN}", "--set ID=… --set TOKEN=…"},
		{"curl \"https://x.example/$ID\"", []string{"$ID=1"}, "https://x.example/1", ""},
		{"curl ^\"https://x.example/%ID%/%KEY%^\"", nil, "1 %ID%, 1 %KEY%", "--set ID=… --set KEY=…"},
		{"curl ^\"https://x.example/%ID%/%KEY%^\"", []string{"ID=1", "%KEY%=2"}, "https://x.example/1/2", ""},
	} {
		values, err := paste.ParseValues(c.values)
		if err != nil {
			t.Fatal(err)
		}
		requests, err := paste.Parse(c.text, paste.Auto, values)
		var mistakes finding.Mistakes
		got := ""
		if err == nil {
			got = requests[0].Script.URL
		} else if errors.As(err, &mistakes) {
			var words []string
			for _, m := range mistakes {
				what := strings.TrimPrefix(m.Why, "the value of ")
				words = append(words, fmt.Sprint(m.Place.Line, " ", strings.TrimSuffix(what, " is unknown")))
			}
			got = strings.Join(words, ", ")
			if !strings.Contains(mistakes[0].Fix.Text, c.hint) {
				t.Errorf("%s: hint %q, want %q", c.text, mistakes[0].Fix.Text, c.hint)
			}
		}
		if got != c.open {
			t.Errorf("%s: %s, want %s (%v)", c.text, got, c.open, err)
		}
	}
	if _, err := paste.ParseValues([]string{"id"}); err == nil || !strings.Contains(err.Error(), "such as id=42") {
		t.Errorf("error %v", err)
	}
}

// TestUnknownValues checks that values are refused that the paste has no use for.
func TestUnknownValues(t *testing.T) {
	for _, c := range []struct{ text, values, title, fix string }{
		{"curl https://a.example/$ID", "ID IDS", "the paste has no use for a value of IDS", "the names that it leaves open: ID"},
		{"ID=5; curl https://a.example/$ID", "ID", "the paste has no use for a value of ID", "it leaves none open; drop --set"},
		{"curl https://a.example/%ID% ^\n-H ^\"A: b^\"", "ID id", "the paste has no use for a value of id", "the names that it leaves open: ID"},
		{"fetch(`https://a.example/${user.id}`)", "user.id user", "the paste has no use for a value of user", "the names that it leaves open: user.id"},
		{"const id = 5; fetch(`https://a.example/${id}`)", "id", "the paste has no use for a value of id", "it leaves none open; drop --set"},
		{"fetch(`https://a.example/${id}`)", "id", "", ""},
	} {
		values := paste.Values{}
		for name := range strings.FieldsSeq(c.values) {
			values[name] = "1"
		}
		_, err := paste.Parse(c.text, paste.Auto, values)
		var found finding.Mistakes
		if errors.As(err, &found); len(found) == 0 {
			found = finding.Mistakes{{}}
		}
		if found[0].Title != c.title || found[0].Fix.Text != c.fix {
			t.Errorf("%s with %s: %q, %q", c.text, c.values, found[0].Title, found[0].Fix.Text)
		}
	}
}

// TestDoubledQuotes checks that quotes that Windows has doubled are read as one.
func TestDoubledQuotes(t *testing.T) {
	for text, want := range map[string]string{
		`curl ""https://x.example/a"" -H ""Origin: https://app.example"" -H ""X-A: b c""`:   "https://x.example/a [{X-A b c}] ",
		`curl "https://x.example/a" -H "Content-Type: application/json" -d "{""a"":""b""}"`: `https://x.example/a [{Content-Type application/json}] {"a":"b"}`,
		`curl https://x.example/a -d "" -H "X-A: 1"`:                                        "https://x.example/a [{X-A 1} {Content-Type application/x-www-form-urlencoded}] ",
	} {
		requests, err := paste.Parse(text, paste.Auto, nil)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		r := requests[0]
		if got := fmt.Sprint(r.Script.URL, " ", r.Script.Headers, " ", string(r.Body)); got != want || len(requests) != 1 {
			t.Errorf("%s:\n%s\nwant\n%s", text, got, want)
		}
	}
}
