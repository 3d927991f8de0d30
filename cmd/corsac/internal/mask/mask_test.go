package mask

import (
	"regexp"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/internal/weburl"
)

func TestHeader(t *testing.T) {
	base, err := weburl.Parse("https://api.example/a/b", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, value, want string }{
		{"Authorization", "Bearer 0123456789abcdefghijklmnopqrstuvwxyz", "Bearer 012345..."},
		{"authorization", "Basic dXNlcjpwYXNz", "Basic dXN..."},
		{"Authorization", "Basic  YQ==", "Basic Y..."},
		{"Authorization", "0123456789abcdefghijklmnopqrstuvwxyz", "012345..."},
		{"Authorization", "0123456789abcdefghi klmnopqrstuvwxyz", "012345..."},
		{"Authorization", "", ""},
		{"Proxy-Authorization", "Basic dXNlcjpwYXNz", "Basic dXN..."},
		{"Cookie", "a=0123456789abcdef; theme=dark;b=x;empty=; 0123456789abcdefghijklmnopqrstuvwxyz", "a=0123...; theme=d...;b=...;empty=; 012345..."},
		{"Cookie", "a=b=0123456789abcdef", "a=b..."},
		{"Set-Cookie", "id=0123456789abcdef; Path=/; HttpOnly; SameSite=Lax", "id=0123...; Path=/; HttpOnly; SameSite=Lax"},
		{"Set-Cookie", "id=", "id="},
		{"Set-Cookie", "0123456789abcdef;Secure", "0123...;Secure"},
		{"X-Api-Key", "short", "s..."},
		{"X-Auth-Token", "0123456789abcdefghijklmnopqrstuvwxyz", "012345..."},
		{"X-Csrftoken", "abcdefgh", "ab..."},
		{"Private_Token", "abcdefgh", "ab..."},
		{"X-Amz-Security-Token", "é0123456789", "..."},
		{"Access-Control-Allow-Credentials", "true", "true"},
		{"Access-Control-Allow-Headers", "authorization, x-api-key", "authorization, x-api-key"},
		{"Access-Control-Allow-Session", "abcdefgh", "abcdefgh"}, // CORS headers are never secret
		{"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=="},
		{"Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="},
		{"Sec-Fetch-Mode", "cors", "cors"},
		{"Sec-CH-UA-Key", "abcdefgh", "abcdefgh"}, // a client hint
		{"Sec-WebSocket-Protocol", "base64url.bearer.authorization.k8s.io.0123456789abcdef, v4.channel.k8s.io", "base64..., v4..."},
		{"Sec-WebSocket-Protocol", "access_token,0123456789abcdefghijklmnopqrstuvwxyz", "acc...,012345..."},
		{"Sec-WebSocket-Protocol", "", ""},
		{"Sec-Session-Id", "abcdefgh", "ab..."},
		{"DPoP", "0123456789abcdefghijklmnopqrstuvwxyz", "012345..."},
		{"X-Accesskey", "abcdefgh", "ab..."},
		{"Cf-Access-Jwt-Assertion", "abcdefgh", "ab..."},
		{"X-XSRF", "abcdefgh", "ab..."},
		{"WWW-Authenticate", "Bearer", "Bearer"},
		{":authority", "api.example", "api.example"},
		{"Content-Type", "text/plain", "text/plain"},
		{"X-Token-Free", "abcdefgh", "ab..."},
		{"Tokens-Left", "100", "100"},
		{"Location", "/cb?code=0123456789abcdef&state=x#access_token=0123456789abcdef", "/cb?code=0123...&state=x#access_token=0123..."},
		{"Location", "https://user:password@b.example/x", "https://u...:pa...@b.example/x"},
		{"Location", "//user@b.example/x", "https://u...@b.example/x"},
		{"Location", "/x@y", "/x@y"},
		{"Location", "user:password@b.example", "user:password@b.example"}, // a URL of the scheme "user"
		{"Location", "https://user:password@b.example:port/x", "https://...@b.example:port/x"},
		{"Location", "//user:password@[", "//...@["},
		{"Referer", "https://app.example/?sid=abcdefgh", "https://app.example/?sid=ab..."},
		{"Refresh", "0; url=/?key=abcdefgh", "0; url=/?key=ab..."},
		{"X-Other", "/?key=abcdefgh", "/?key=ab..."},
		{"Authorization", "SECRETSECRETSECRET x", "SECRE..."}, // not a scheme
		{"Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE0", "AWS4-HMAC-SHA256 Crede..."},
		{"X-Credentials", "abcdefgh", "ab..."},
		{"Cookie2", "sid=abcdefgh", "sid=ab..."},
		{"Set-Cookie2", "sid=abcdefgh; Version=1", "sid=ab...; Version=..."},
		{"HX-Current-URL", "https://app.example/?token=0123456789abcdef#access_token=0123456789abcdef", "https://app.example/?token=0123...#access_token=0123..."},
		{"HX-Current-URL", "https://user:password@app.example/", "https://u...:pa...@app.example/"},
		{"Set-Cookie", "a=; Path=/reset?token=0123456789abcdef; Domain=.b.example; Max-Age=60; Priority=High", "a=; Path=/reset?token=0123...; Domain=.b.example; Max-Age=60; Priority=High"},
		{"Set-Cookie", "a=; Max-Age=0123456789abcdefx; SameSite=0123456789abcdef;0123456789abcdef", "a=; Max-Age=0123...; SameSite=0123...;0123..."},
		{"Set-Cookie", "a=; Other=0123456789abcdef; Expires=Sat, 28 Nov 2026 20:00:00 GMT; Partitioned", "a=; Other=0123...; Expires=Sat, 28 Nov 2026 20:00:00 GMT; Partitioned"},
		{"Referer", "https://app.example/a;jsessionid=0123456789abcdef/b?x=1", "https://app.example/a;jsessionid=0123.../b?x=1"},
		{"Location", "a;sid=0123456789abcdef", "a;sid=0123..."},
		{"Location", "/a;x=1;sid=0123456789abcdef", "/a;x=1;sid=0123..."},
		{"Content-Type", "text/plain;key=0123456789abcdef", "text/plain;key=0123456789abcdef"}, // decides about the preflight
		{"Location", "/login?next=https%3A%2F%2Fx.example%2F%3Ftoken%3D0123456789abcdef", "/login?next=https%3A%2F%2Fx.example%2F%3Ftoken%3D0123..."},
		{"Location", "/login?next=%2Fa%253Ftoken%253D0123456789abcdef&a=b", "/login?next=%252Fa%253Ftoken%253D0123...&a=b"},
		{"Location", "/login?next=https%3A%2F%2Falice%3Ahunter2%40x.example%2F", "/login?next=https%3A%2F%2Fa...%3Ah...%40x.example%2F"},
		{"Location", "/login?next=https://alice:hunter2@x.example/", "/login?next=https://a...:h...@x.example/"},
		{"Location", "/?a=%252525252541", "/?a=..."}, // too deep to look
	} {
		if got := Header(c.name, c.value, base); got != c.want {
			t.Errorf("%s: %s: %q, want %q", c.name, c.value, got, c.want)
		}
	}
}

func TestURL(t *testing.T) {
	for _, name := range []string{
		"token", "access_token", "id_token", "key", "api_key", "apiKey", "API-KEY", "sig", "signature", "X-Amz-Signature", "password",
		"code", "client_secret", "to%6ben", "to\tken", "auth", "pwd", "session", "X-Goog-Credential",
		"AWSAccessKeyId", "assertion", "client_assertion", "SAMLResponse", "SAMLart", "wresult", "id_token_hint", "code_verifier", "ticket", "otp",
		"PHPSESSID", "user[password]", "user%5bpassword%5D", "token[]", "key+", "to%6ben%zz", "%zto%6ben", "%_to%6ben", "token%", "to%6ben%4",
	} {
		raw := "https://api.example/x?a=b&" + name + "=0123456789abcdef&c=d"
		if got, want := URL(raw, nil), strings.Replace(raw, "456789abcdef", "...", 1); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	for _, raw := range []string{
		"https://api.example/x?page=0123456789abcdef", "https://api.example/token=0123456789abcdef", "https://api.example/?token", "https://api.example/?token=",
		"https://api.example/?encode=0123456789abcdef", "https://api.example/?tokens=0123456789abcdef", "https://api.example/?to@ken=x", "https://api.example/?to%zzken=0123456789abcdef", "", "?", "?&;#?",
	} {
		if got := URL(raw, nil); got != raw {
			t.Errorf("%s: %s", raw, got)
		}
	}
}

// FuzzMask checks that secrets are masked, and that a URL is otherwise the same
// to a browser.
func FuzzMask(f *testing.F) {
	f.Add("https://user:pass@b.example/?token=x&y#z", "a long secret")
	f.Add("//@@:80:/\\?", "\tkey=")
	f.Fuzz(func(t *testing.T, raw, secret string) {
		secret = plain(secret)
		base := &weburl.URL{Scheme: "https", Host: "api.example", HasHost: true, Port: -1, Path: "/x"}
		checkSame(t, raw, URL(raw, base), base)
		for _, masked := range []string{
			Header("Authorization", "Bearer "+secret, nil), Header("X-Api-Key", secret, nil),
			Header("Cookie", "a="+secret, nil), Header("Set-Cookie", "a="+secret, nil), URL("/?a=b&token="+secret, nil),
		} {
			if len(secret) > 8 && strings.Contains(masked, secret) {
				t.Fatalf("%q is in %q", secret, masked)
			}
		}
	})
}

// plain removes the characters that end a parameter or a cookie.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("?#&;", r) {
			return -1
		}
		return r
	}, s)
}

var pathParameters = regexp.MustCompile(`;[^/\\;]*`)

// checkSame compares two URLs as a browser's parser reads them.
func checkSame(t *testing.T, raw, masked string, base *weburl.URL) {
	t.Helper()
	a, errA := weburl.Parse(raw, base)
	b, errB := weburl.Parse(masked, base)
	if (errA == nil) != (errB == nil) {
		t.Fatalf("%q: %v, %q: %v", raw, errA, masked, errB)
	}
	if errA != nil {
		return
	}
	if (a.Username == "") != (b.Username == "") || (a.Password == "") != (b.Password == "") {
		t.Fatalf("%q, %q: %+v, %+v", raw, masked, a, b)
	}
	for _, u := range []*weburl.URL{a, b} {
		u.Username, u.Password, u.Query, u.Fragment = "", "", "", ""
		u.Path = pathParameters.ReplaceAllString(u.Path, "")
	}
	if *a != *b {
		t.Fatalf("%q, %q: %+v, %+v", raw, masked, a, b)
	}
}
