package har_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/har"
)

const (
	appA, appB = "https://a.example", "https://b.example"
	api        = "https://api.example"
)

// line returns a header in JSON.
func line(name, value string) string { return fmt.Sprintf(`{"name": %q, "value": %q}`, name, value) }

func lines(pairs ...string) string {
	var list []string
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, line(pairs[i], pairs[i+1]))
	}
	return strings.Join(list, ", ")
}

// sent returns the entry of a request as it went over the wire.
func sent(method, url, page, status, answer string, pairs ...string) string {
	headers := lines(append([]string{"Host", "x", "Origin", page}, pairs...)...)
	return entry(fmt.Sprintf(`"method": %q, "url": %q, "headers": [%s]`, method, url, headers), status, answer)
}

// asked returns the entry of a preflight.
func asked(method, url, page, headers, status, answer string) string {
	return sent("OPTIONS", url, page, status, answer, "Access-Control-Request-Method", method, "Access-Control-Request-Headers", headers)
}

// grant returns the headers that allow a page what it asks for.
func grant(page, method, headers string) string {
	return lines("Access-Control-Allow-Origin", page, "Access-Control-Allow-Methods", method, "Access-Control-Allow-Headers", headers)
}

// row is a file, and what Conversations finds in it.
type row struct{ name, text, page, want string }

func hold(t *testing.T, rows []row) {
	t.Helper()
	for _, c := range rows {
		log, err := har.Read(strings.NewReader(c.text))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		found, counts := log.Conversations(c.page)
		var got []string
		for _, conv := range found {
			got = append(got, decide(t, conv))
		}
		if n := counts.SameOrigin + counts.Documents + counts.Local + counts.NoPage; n > 0 {
			got = append(got, fmt.Sprint(-n))
		}
		if got := strings.Join(got, ", "); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// TestParallel checks that concurrent requests for one URL get their own
// preflights.
func TestParallel(t *testing.T) {
	const x = api + "/x"
	put := func(page, status string, pairs ...string) string {
		answer := ""
		if status != "0" {
			answer = grant(page, "", "")
		}
		return sent("PUT", x, page, status, answer, pairs...)
	}
	pf := func(page, headers string) string {
		return asked("PUT", x, page, headers, "204", grant(page, "PUT", headers))
	}
	refused := asked("PUT", x, appA, "", "403", "")
	blockedA := entry(`"method": "PUT", "url": "https://api.example/x", "headers": [`+lines("Referer", appA+"/", "X-A", "1")+`]`, "0", "")
	getWith := func(pairs ...string) string { return sent("GET", x, appA, "200", grant(appA, "", ""), pairs...) }
	pfGet := func(headers string) string { return asked("GET", x, appA, headers, "204", grant(appA, "", headers)) }
	hold(t, []row{
		{"two origins, preflights after", file(put(appA, "200"), put(appB, "200"), pf(appA, ""), pf(appB, "")), "", "1 allowed, 2 allowed"},
		{"two origins, preflights before", file(pf(appA, ""), pf(appB, ""), put(appA, "200"), put(appB, "200")), "", "3 allowed, 4 allowed"},
		{"two origins, crossed", file(pf(appB, ""), pf(appA, ""), put(appA, "200"), put(appB, "200")), "", "3 allowed, 4 allowed"},
		{"another origin's preflight", file(put(appA, "200"), asked("PUT", x, appB, "", "403", "")), "", "1 allowed, 2 blocked PreflightMissingAllowOriginHeader noted"},
		{"two headers, preflights after", file(put(appA, "200", "X-A", "1"), put(appA, "200", "X-B", "1"), pf(appA, "x-b"), pf(appA, "x-a")), "", "1 allowed, 2 allowed"},
		{"two headers, preflights before", file(pf(appA, "x-a"), pf(appA, "x-b"), put(appA, "200", "X-A", "1"), put(appA, "200", "X-B", "1")), "", "3 allowed, 4 allowed"},
		{"a header more", file(pf(appA, "x-a,x-b"), pf(appA, "x-a"), put(appA, "200", "X-A", "1"), put(appA, "200", "X-B", "1", "X-A", "1")), "", "3 allowed, 4 allowed"},
		{"a secret header more", file(pf(appA, "x-a,x-token"), pf(appA, "x-a"), put(appA, "200", "X-A", "1"), put(appA, "200", "X-Token", "1", "X-A", "1")), "", "3 allowed, 4 allowed"},
		{"another header alone", file(put(appA, "200", "X-A", "1"), pf(appA, "x-b")), "", "1 allowed, 2 error net::ERR_FAILED noted"},
		{"a page without an origin", file(put("null", "200"), refused), "", "1 allowed, 2 blocked PreflightMissingAllowOriginHeader noted"},
		{"one refused", file(refused, pf(appA, ""), put(appA, "0"), put(appA, "200")), "", "3 blocked PreflightMissingAllowOriginHeader, 4 allowed"},
		{"one refused, the other first", file(put(appA, "200"), put(appA, "0"), refused, pf(appA, "")), "", "1 allowed, 2 blocked PreflightMissingAllowOriginHeader"},
		{"refused for its header", file(put(appA, "200", "X-A", "1"), put(appA, "0", "X-A", "1"), asked("PUT", x, appA, "x-a", "204", grant(appA, "PUT", "x-b")), pf(appA, "x-a")), "", "1 allowed, 2 blocked HeaderDisallowedByPreflightResponse"},
		{"refused for its status", file(put(appA, "200"), put(appA, "0"), asked("PUT", x, appA, "", "405", grant(appA, "PUT", "")), pf(appA, "")), "", "1 allowed, 2 blocked PreflightInvalidStatus"},
		{"any method is allowed", file(put(appA, "0"), put(appA, "200"), asked("PUT", x, appA, "", "204", grant("*", "*", "")), refused), "", "1 blocked PreflightMissingAllowOriginHeader, 2 allowed"},
		{"any header is allowed", file(put(appA, "0", "X-A", "1"), put(appA, "200", "X-A", "1"), asked("PUT", x, appA, "x-a", "204", grant(appA, "PUT", "*")), asked("PUT", x, appA, "x-a", "403", "")), "", "1 blocked PreflightMissingAllowOriginHeader, 2 allowed"},
		{"an answer that the browser has dropped", file(sent("PUT", x, appA, "0", grant(appA, "", "")), put(appA, "0"), refused, pf(appA, "")), "", "1 allowed, 2 blocked PreflightMissingAllowOriginHeader"},
		{"refused for its method", file(put(appA, "200"), put(appA, "0"), asked("PUT", x, appA, "", "204", grant(appA, "DELETE", "")), pf(appA, "")), "", "1 allowed, 2 blocked MethodDisallowedByPreflightResponse"},
		{"refused for its origin", file(put(appA, "200"), put(appA, "0"), asked("PUT", x, appA, "", "204", grant(appB, "PUT", "")), pf(appA, "")), "", "1 allowed, 2 blocked PreflightAllowOriginMismatch"},
		{"both refused, in order", file(put(appA, "0"), put(appA, "0"), refused, asked("PUT", x, appA, "", "302", grant(appA, "PUT", ""))), "", "1 blocked PreflightMissingAllowOriginHeader, 2 blocked PreflightInvalidStatus"},
		{"both refused, in order, before", file(refused, asked("PUT", x, appA, "", "302", grant(appA, "PUT", "")), put(appA, "0"), put(appA, "0")), "", "3 blocked PreflightMissingAllowOriginHeader, 4 blocked PreflightInvalidStatus"},
		{"what was not sent has no Origin", file(blockedA, put(appB, "200", "X-A", "1"), pf(appB, "x-a"), asked("PUT", x, appA, "x-a", "403", "")), "", "1 blocked PreflightMissingAllowOriginHeader, 2 allowed"},
		{"a simple one beside", file(getWith(), getWith("X-A", "1"), pfGet("x-a")), "", "1 allowed, 2 allowed"},
		{"a simple one alone", file(getWith("Content-Type", "text/plain; charset=utf-8", "Range", "bytes=0-", "Accept", "x"), pfGet("x-a")), "", "1 allowed, 2 error net::ERR_FAILED noted"},
		{"a header that the file left out", file(getWith(), pfGet("authorization")), "", "1 allowed noted"},
		{"a header with a name like a secret one's", file(getWith(), pfGet("x-author")), "", "1 allowed, 2 error net::ERR_FAILED noted"},
		{"the later of the same", file(append(append([]string{getWith()}, strings.Split(strings.Repeat(sent("GET", appA+"/o", appA, "200", "")+"\n", 9), "\n")[:9]...), getWith(), pfGet("authorization"))...), "", "1 allowed, 11 allowed noted, -9"},
		{"the nearer after", file(append(append([]string{getWith()}, strings.Split(strings.Repeat(sent("GET", appA+"/o", appA, "200", "")+"\n", 3), "\n")[:3]...), pfGet("authorization"), getWith())...), "", "1 allowed, 6 allowed noted, -3"},
		{"headers that the browser did not know", file(entry(`"method": "GET", "url": "https://api.example/x", "headers": [`+line("Origin", appA)+`]`, "200", grant(appA, "", "")), pfGet("x-a")), "", "1 allowed noted"},
		{"headers of what was not sent", file(sent("GET", x, appA, "0", ""), asked("GET", x, appA, "x-a", "403", "")), "", "1 blocked PreflightMissingAllowOriginHeader noted"},
		{"a document has none", file(pfGet("authorization"), typed("document", entry(`"method": "GET", "url": "https://api.example/x"`, "200", "")), getWith()), "", "3 allowed noted, -1"},
		{"no-cors has none", file(sent("GET", x, appA, "200", "", "Sec-Fetch-Mode", "no-cors"), getWith(), pfGet("authorization")), "", "1 opaque, 2 allowed noted"},
		{"a network error", file(strings.Replace(put(appA, "0"), `"status"`, `"_error": "net::ERR_CONNECTION_RESET", "status"`, 1), put(appA, "0"), refused, pf(appA, "")), "", "1 error net::ERR_CONNECTION_RESET, 2 blocked PreflightMissingAllowOriginHeader"},
		{"the page by the preflight", strings.ReplaceAll(file(strings.Replace(blockedA, lines("Referer", appA+"/")+", ", "", 1), asked("PUT", x, appA, "x-a", "403", "")), `"p"`, `"q"`), "", "1 blocked PreflightMissingAllowOriginHeader"},
		{"Chromium's word for it", file(put(appA, "200"), typed("preflight", entry(`"method": "OPTIONS", "url": "https://api.example/x"`, "403", ""))), "", "1 blocked PreflightMissingAllowOriginHeader"},
	})
}

// typed sets Chromium's resource type in an entry.
func typed(resourceType, entry string) string {
	return `{"_resourceType": "` + resourceType + `", ` + entry[1:]
}

// TestRedirects checks that redirects are found as browsers follow them.
func TestRedirects(t *testing.T) {
	const x, y, own = api + "/x", api + "/y", "https://app.example"
	to := func(method, status, location string) string {
		return sent(method, x, own, status, allows+", "+line("Location", location))
	}
	ok := func(method, url string) string { return sent(method, url, own, "200", allows) }
	hold(t, []row{
		{"another method does not vanish", file(to("GET", "302", "/y"), ok("POST", y), ok("GET", y)), "", "1 allowed, 2 allowed"},
		{"302 makes GET of POST", file(to("POST", "302", "/y"), ok("POST", y), ok("GET", y)), "", "1 allowed, 2 allowed"},
		{"301 makes GET of POST", file(to("POST", "301", "/y"), ok("POST", y), ok("GET", y)), "", "1 allowed, 2 allowed"},
		{"302 keeps PUT", file(to("PUT", "302", "/y"), ok("PUT", y)), "", "1 allowed"},
		{"303 makes GET of PUT", file(to("PUT", "303", "/y"), ok("PUT", y), ok("GET", y)), "", "1 allowed, 2 allowed"},
		{"303 keeps HEAD", file(to("HEAD", "303", "/y"), ok("HEAD", y)), "", "1 allowed"},
		{"307 keeps POST", file(to("POST", "307", "/y"), ok("GET", y), ok("POST", y)), "", "1 allowed, 2 allowed"},
		{"308 keeps POST", file(to("POST", "308", "/y"), ok("GET", y), ok("POST", y)), "", "1 allowed, 2 allowed"},
		{"without a slash", file(to("GET", "302", api), ok("GET", api+"/")), "", "1 allowed"},
		{"in other letters, with the port", file(to("GET", "302", "HTTPS://API.example:443/y#f"), ok("GET", y)), "", "1 allowed"},
		{"the URL in other letters", file(to("GET", "302", "/y"), ok("GET", "https://API.example:443/y#f")), "", "1 allowed"},
		{"304", file(to("GET", "304", "/y"), ok("GET", y)), "", "1 allowed, 2 allowed"},
		{"300", file(to("GET", "300", "/y"), ok("GET", y)), "", "1 allowed, 2 allowed"},
		{"200", file(to("GET", "200", "/y"), ok("GET", y)), "", "1 allowed, 2 allowed"},
		{"only what comes later", file(ok("GET", y), to("GET", "302", "/y")), "", "1 allowed, 2 error net::ERR_FAILED"},
		{"no preflight", file(to("OPTIONS", "307", "/y"), asked("PUT", y, own, "", "204", allows), ok("OPTIONS", y)), "", "1 allowed, 2 error net::ERR_FAILED noted"},
		{"of another page", file(to("GET", "302", "/y"), sent("GET", y, appB, "200", grant(appB, "", "")), ok("GET", y)), "", "1 allowed, 2 allowed"},
		{"of another tab", file(to("GET", "302", "/y"), strings.Replace(ok("GET", y), `"p"`, `"r"`, 1), ok("GET", y)), "", "1 allowed, 2 allowed"},
		{"from the page's own origin", file(entry(`"method": "GET", "url": "https://app.example/x"`, "302", line("Location", y)), ok("GET", y)), "", "1 allowed"},
		{"back to the page's own origin", file(entry(`"method": "GET", "url": "https://app.example/x"`, "302", line("Location", "/y")), entry(`"method": "GET", "url": "https://app.example/y"`, "200", "")), "", "-1"},
		{"through another origin", file(to("GET", "302", "https://b.example/y"), sent("GET", "https://b.example/y", "null", "200", grant("null", "", ""))), "", "1 allowed"},
		{"refused after it, by a server", file(
			asked("PUT", x, own, "", "204", allows), to("PUT", "307", "https://b.example/y"), asked("PUT", "https://b.example/y", own, "", "403", ""),
		), "", "2 blocked PreflightMissingAllowOriginHeader"},
		{"refused after it, the origin lost", file(
			asked("PUT", x, own, "", "204", allows), to("PUT", "307", "https://b.example/y"), asked("PUT", "https://b.example/y", "null", "", "403", ""),
		), "", "2 blocked PreflightMissingAllowOriginHeader"},
		{"refused before it", file(
			asked("PUT", x, own, "", "204", allows), asked("PUT", y, own, "", "403", ""), to("PUT", "307", "/y"),
		), "", "2 blocked PreflightMissingAllowOriginHeader noted, 3 error net::ERR_FAILED"},
		{"refused after it, with another method", file(
			asked("PUT", x, own, "", "204", allows), to("PUT", "303", "/y"), asked("PUT", y, own, "", "403", ""),
		), "", "2 error net::ERR_FAILED, 3 blocked PreflightMissingAllowOriginHeader noted"},
		{"refused after it, of another page", file(
			asked("PUT", x, own, "", "204", allows), to("PUT", "307", "/y"), asked("PUT", y, appB, "", "403", ""),
		), "", "2 error net::ERR_FAILED, 3 blocked PreflightMissingAllowOriginHeader noted"},
		{"refused after it, once of two", file(
			asked("PUT", x, own, "", "204", allows), to("PUT", "307", "/y"), asked("PUT", x, own, "", "204", allows), to("PUT", "307", "/y"), asked("PUT", y, own, "", "403", ""),
		), "", "2 blocked PreflightMissingAllowOriginHeader, 4 error net::ERR_FAILED"},
		{"a preflight after, by Firefox", file(
			strings.Replace(to("GET", "302", "https://b.example/y"), `"headers": [`, `"headers": [{"name": "X-A", "value": "1"}, `, 1),
			asked("GET", x, own, "x-a", "204", grant(own, "", "x-a")),
			sent("GET", "https://b.example/y", "null", "0", "", "X-A", "1"),
			asked("GET", "https://b.example/y", own, "x-a", "403", ""),
		), "", "1 blocked PreflightMissingAllowOriginHeader"},
	})
}

// TestKinds checks that requests other than fetch are recognised by Chromium's
// resource type and by their headers.
func TestKinds(t *testing.T) {
	bare := `"method": "GET", "url": "https://api.example/x"`
	failed := func(failure, entry string) string {
		return strings.Replace(entry, `"status"`, `"_error": "`+failure+`", "status"`, 1)
	}
	hold(t, []row{
		{"a beacon", file(typed("ping", entry(`"method": "POST", "url": "https://api.example/x", "headers": [`+lines("Host", "x", "Origin", "https://app.example")+`]`, "200", ""))), "", "1 opaque"},
		{"no headers of the answer", file(entry(bare, "200", "")), "", "1 opaque noted"},
		{"a document by its header", file(entry(bare+`, "headers": [`+line("Upgrade-Insecure-Requests", "1")+`]`, "200", "")), "", "-1"},
		{"a document by its type", file(typed("document", entry(bare, "200", ""))), "", "-1"},
		{"aborted", file(failed("net::ERR_ABORTED", entry(bare, "0", ""))), "", "1 error net::ERR_ABORTED"},
		{"failed", file(failed("net::ERR_FAILED", entry(bare, "0", ""))), "", "1 error net::ERR_FAILED"},
		{"blocked by a program", file(failed("net::ERR_BLOCKED_BY_CLIENT", entry(bare, "0", ""))), "", "1 error net::ERR_BLOCKED_BY_CLIENT"},
		{"an answer that the browser has dropped", file(entry(get, "0", allows)), "", "1 allowed"},
		{"a dropped answer that refuses", file(entry(get, "0", line("Date", "now"))), "", "1 blocked MissingAllowOriginHeader"},
	})
}

// TestFailureHint checks that a hint names only what the name of a failure may stand for.
func TestFailureHint(t *testing.T) {
	for failure, want := range map[string]string{
		"net::ERR_BLOCKED_BY_RESPONSE.NotSameOrigin":      "Cross-Origin-Resource-Policy",
		"net::ERR_BLOCKED_BY_ORB":                         "Cross-Origin-Resource-Policy",
		"net::ERR_BLOCKED_BY_CLIENT":                      "an extension",
		"net::ERR_BLOCKED_BY_CSP":                         "",
		"net::ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS": "",
		"net::ERR_BLOCKED_BY_ADMINISTRATOR":               "",
	} {
		if got := har.FailureHint(failure); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%s: %q, want %q", failure, got, want)
		}
	}
}
