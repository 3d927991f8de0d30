package diagnose_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/diagnose"
	"github.com/corsac-dev/corsac/fetch"
)

// blindPage is the page of the blind servers, and blindPolicy what a server sends
// for it where it does so.
const blindPage = "https://shop.example.com"

func corsFor(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Add("Vary", "Origin")
	if r.Header.Get("Origin") != blindPage {
		return
	}
	h.Set("Access-Control-Allow-Origin", blindPage)
	h.Set("Access-Control-Allow-Credentials", "true")
	if isPreflight(r) {
		h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE")
		h.Set("Access-Control-Allow-Headers", "authorization, content-type")
	}
}

func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
}

// withCORS answers preflights and passes on everything else with CORS headers.
func withCORS(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		corsFor(w, r)
		if isPreflight(r) {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next(w, r)
	}
}

func blindAnswer(w http.ResponseWriter, status int, contentType, body string) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func blindJSON(w http.ResponseWriter, status int, body string) {
	blindAnswer(w, status, "application/json", body)
}

// items is an API with two resources.
func items(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/api/items" && r.URL.Path != "/api/orders" {
		blindJSON(w, http.StatusNotFound, `{"error":"not found"}`)
		return
	}
	blindJSON(w, http.StatusOK, `[{"id":1}]`)
}

// blind are servers that were broken from the list of faults alone, without a look
// at the rules.
func blind() map[string]*diagnose.Scenario {
	get := fetch.Request{URL: "{server}/api/items"}
	put := fetch.Request{URL: "{server}/api/items", Method: "PUT", Headers: fetch.Headers{{Name: "Content-Type", Value: "application/json"}, {Name: "Authorization", Value: "Bearer t"}}}
	plain := fetch.Request{URL: "{server}/api/items", Method: "POST", Headers: fetch.Headers{{Name: "Content-Type", Value: "text/plain"}}, Body: &fetch.Body{Kind: fetch.BodyText}}
	return map[string]*diagnose.Scenario{
		// An annotation is on the handler of GET, and that of POST has none.
		"cors-missing-on-method": {Request: plain, Server: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet || r.Method == http.MethodHead {
				corsFor(w, r)
			}
			items(w, r)
		})},
		// @cross_origin is on some views, and the export has none.
		"cors-missing-on-route": {Request: fetch.Request{URL: "{server}/api/items/export"}, Server: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Server", "gunicorn")
			if r.URL.Path == "/api/items/export" {
				blindAnswer(w, http.StatusOK, "text/csv", "id,name\n1,fox\n")
				return
			}
			withCORS(items)(w, r)
		})},
		// A proxy has a small limit of bodies.
		"payload-too-large-without-cors": {
			Request: fetch.Request{URL: "{server}/api/items", Method: "POST", Headers: fetch.Headers{{Name: "Content-Type", Value: "application/json"}}, Body: &fetch.Body{Kind: fetch.BodyText}},
			Server: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Server", "nginx/1.22.1")
				if r.ContentLength > 1000 {
					blindAnswer(w, http.StatusRequestEntityTooLarge, "text/html", "<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n<body>\r\n<center><h1>413 Request Entity Too Large</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n")
					return
				}
				withCORS(items)(w, r)
			}),
		},
		// PHP has printed something before header().
		"headers-already-sent": {Request: get, Server: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Powered-By", "PHP/8.2.7")
			w.Header().Set("Server", "Apache/2.4.57 (Debian)")
			blindAnswer(w, http.StatusOK, "text/html; charset=UTF-8", "<br />\n<b>Warning</b>:  Cannot modify header information - headers already sent by (output started at /var/www/html/config.php:1) in <b>/var/www/html/api/items.php</b> on line <b>7</b><br />\n[{\"id\":1}]")
		})},
		// One of two replicas has the configuration of last week.
		"inconsistent-backends": {Request: get, Server: func() http.Handler {
			var n atomic.Int64
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				k := n.Add(1)
				w.Header().Set("X-Served-By", fmt.Sprintf("web-%d", k%2))
				if k%2 == 1 {
					items(w, r)
					return
				}
				withCORS(items)(w, r)
			})
		}()},
		// The application behind a proxy that ends TLS builds the origin itself.
		"acao-scheme-from-proxy": {Request: get, Server: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, host, ok := strings.Cut(r.Header.Get("Origin"), "://"); ok {
				w.Header().Set("Access-Control-Allow-Origin", "http://"+host)
			}
			w.Header().Set("Vary", "Origin")
			items(w, r)
		})},
		// The API gateway has no OPTIONS method.
		"preflight-not-routed": {Request: put, Server: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Amzn-Requestid", "0f4c1a7e-7f7e-4d3f-9a0e-3d1d7a1c7b11")
			w.Header().Set("X-Amz-Apigw-Id", "Yx1abcD2oAMFQ9g=")
			if r.Method == http.MethodOptions {
				w.Header().Set("X-Amzn-Errortype", "MissingAuthenticationTokenException")
				blindJSON(w, http.StatusForbidden, `{"message":"Missing Authentication Token"}`)
				return
			}
			corsFor(w, r)
			items(w, r)
		})},
		// The second server of a redirect has a list of origins, without null.
		"redirect-taints-origin-to-null": {
			Request: get,
			Server: withCORS(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "{other}/api/items")
				w.WriteHeader(http.StatusFound)
			}),
			Other: withCORS(items),
		},
		// Laravel refuses the token of the session.
		"csrf-origin-check-failed": {Request: plain, Server: withCORS(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Powered-By", "PHP/8.3.1")
			w.Header().Add("Set-Cookie", "laravel_session=eyJpdiI6; path=/; httponly; samesite=none; secure")
			if r.Method == http.MethodPost {
				blindJSON(w, 419, `{"message": "CSRF token mismatch.", "exception": "Symfony\\Component\\HttpKernel\\Exception\\HttpException"}`)
				return
			}
			items(w, r)
		})},
		// A cache has the answer to another page, and no Vary.
		"cached-for-other-origin": {Request: get, Server: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "public, max-age=600")
			w.Header().Set("Via", "1.1 varnish (Varnish/7.1)")
			if r.URL.RawQuery == "" {
				w.Header().Set("Access-Control-Allow-Origin", "https://admin.example.com")
				w.Header().Set("Age", "123")
				w.Header().Set("X-Varnish", "32770 3")
			} else {
				w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
				w.Header().Set("Age", "0")
				w.Header().Set("X-Varnish", "32772")
			}
			items(w, r)
		})},
		// A cache keeps preflights, this one from before PUT was allowed.
		"preflight-served-from-cache": {Request: put, Server: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !isPreflight(r) {
				corsFor(w, r)
				items(w, r)
				return
			}
			corsFor(w, r)
			w.Header().Set("Access-Control-Allow-Headers", "authorization,content-type")
			if r.URL.RawQuery == "" {
				w.Header().Set("Access-Control-Allow-Methods", "GET, POST")
				w.Header().Set("X-Cache", "Hit from cloudfront")
				w.Header().Set("Age", "8123")
			} else {
				w.Header().Set("X-Cache", "Miss from cloudfront")
			}
			w.WriteHeader(http.StatusNoContent)
		})},
		// http:// to the port of TLS.
		"http-to-https-port": {Request: fetch.Request{URL: "http://127.0.0.1:{port}/api/items"}, TLS: true, Page: "http://localhost:5173", Server: withCORS(items)},
	}
}

// blindToo are more of them: faults with which two layers have to do, or whose sign
// is weak. What follows the slug says which.
func blindToo() map[string]*diagnose.Scenario {
	mux := http.NewServeMux()
	mux.Handle("/api/items", withCORS(items))
	withPUT := func(url string, headers ...string) fetch.Request {
		r := fetch.Request{URL: url, Method: "PUT"}
		for _, name := range headers {
			r.Headers = append(r.Headers, fetch.Header{Name: name, Value: "x"})
		}
		return r
	}
	const api = "{server}/api/items"
	// refusing refuses preflights with one answer, before the application.
	refusing := func(answer http.HandlerFunc) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodOptions {
				answer(w, r)
				return
			}
			withCORS(items)(w, r)
		})
	}
	return map[string]*diagnose.Scenario{
		"preflight-redirect-double-slash: ServeMux": {Request: withPUT("{server}/api//items", "Content-Type"), Server: mux},
		"method-case-mismatch: patch": {Request: fetch.Request{URL: api, Method: "patch"}, Server: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			corsFor(w, r)
			if isPreflight(r) {
				w.Header().Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
			}
			items(w, r)
		})},
		"preflight-server-error: body parser": {Request: withPUT(api, "Content-Type"), Server: refusing(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Powered-By", "Express")
			blindAnswer(w, http.StatusInternalServerError, "text/html; charset=utf-8", "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<title>Error</title>\n</head>\n<body>\n<pre>TypeError: Cannot read properties of undefined (reading &#39;id&#39;)</pre>\n</body>\n</html>\n")
		})},
		"preflight-redirect-login: Devise": {Request: withPUT(api, "Content-Type"), Server: refusing(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/users/sign_in")
			w.WriteHeader(http.StatusFound)
		})},
		"preflight-requires-auth: key of an API": {Request: withPUT(api, "Content-Type", "Apikey"), Server: refusing(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Server", "kong/3.4.0")
			w.Header().Set("Www-Authenticate", `Key realm="kong"`)
			blindJSON(w, http.StatusUnauthorized, `{"message":"No API key found in request"}`)
		})},
		"header-not-allowed: one of three, and nothing says so": {Request: withPUT(api, "Authorization", "Content-Type", "X-Tenant"), Server: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Add("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
			if isPreflight(r) {
				if !strings.Contains(r.Header.Get("Access-Control-Request-Headers"), "x-tenant") && r.Header.Get("Origin") == blindPage {
					w.Header().Set("Access-Control-Allow-Origin", blindPage)
					w.Header().Set("Access-Control-Allow-Methods", r.Header.Get("Access-Control-Request-Method"))
					w.Header().Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
				}
				w.WriteHeader(http.StatusNoContent)
				return
			}
			corsFor(w, r)
			items(w, r)
		})},
		"gateway-error-without-cors: load balancer": {Request: fetch.Request{URL: api}, Server: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Server", "awselb/2.0")
			blindAnswer(w, http.StatusServiceUnavailable, "text/html", "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n<center><h1>503 Service Temporarily Unavailable</h1></center>\r\n</body>\r\n</html>\r\n")
		})},
		"auth-error-without-cors: ingress with external authentication": {Request: fetch.Request{URL: api, Options: fetch.Options{Credentials: fetch.CredentialsInclude}}, Server: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/api/items" && !isPreflight(r) {
				blindAnswer(w, http.StatusForbidden, "text/html", "<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n<center><h1>403 Forbidden</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n")
				return
			}
			withCORS(items)(w, r)
		})},
		"acao-unset-variable: a shell's": {Request: fetch.Request{URL: api}, Server: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", "${ALLOWED_ORIGIN}")
			items(w, r)
		})},
		"wildcard-methods-with-credentials: star": {Request: fetch.Request{URL: api, Method: "DELETE", Options: fetch.Options{Credentials: fetch.CredentialsInclude}}, Server: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			corsFor(w, r)
			if isPreflight(r) {
				w.Header().Set("Access-Control-Allow-Methods", "*")
			}
			items(w, r)
		})},
		"cookie-samesite-none-without-secure: none": {Request: fetch.Request{URL: api, Options: fetch.Options{Credentials: fetch.CredentialsInclude}}, Server: withCORS(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Add("Set-Cookie", "sid=1; Path=/; HttpOnly; SameSite=None")
			blindJSON(w, http.StatusUnauthorized, `{"error":"log in"}`)
		})},
		"redirect-loop: a proxy's": {Request: fetch.Request{URL: api}, Server: withCORS(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/api/items")
			w.WriteHeader(http.StatusMovedPermanently)
		})},
	}
}

// TestBlind diagnoses the blind servers.
func TestBlind(t *testing.T) {
	all := blind()
	maps.Copy(all, blindToo())
	for name, x := range all {
		t.Run(name, func(t *testing.T) {
			want, _, _ := strings.Cut(name, ":")
			t.Parallel()
			if x.Page == "" {
				x.Page = blindPage
			}
			_, c := play(t, x, x)
			if c.Request.Body != nil {
				c.Body = bytes.Repeat([]byte("x"), 5000)
			}
			v := diagnosed(t, c, diagnose.Options{})
			if got := causes(v); len(got) == 0 || got[0] != want {
				t.Errorf("%v; %v\n%s", got, v.Error, probesOf(v))
			}
		})
	}
}
