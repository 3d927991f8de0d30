package importer_test

import (
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/importer"
)

// allowAll are lines of a location that any page may use.
const allowAll = "add_header Access-Control-Allow-Origin * always;\nproxy_pass http://127.0.0.1:9001;\n"

// routesOf returns the routes that a file says, one per line: the host if there is
// one, path and upstream, or why there is none.
func routesOf(im *importer.Import) string {
	var lines []string
	for i := range im.Routes {
		r := &im.Routes[i]
		line := strings.TrimSpace(r.Host+" "+r.Path) + " "
		if r.Problem != "" {
			line += "no: " + r.Problem
		} else {
			line += r.Upstream
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// TestAccessControl checks that no route is written that is open where nginx is
// not: the reason stands in its place, and the exit status is that of a loss.
func TestAccessControl(t *testing.T) {
	for name, c := range map[string]struct {
		server string // the lines of nginx's server
		why    string
	}{
		"auth_basic":            {"location /a/ {\nauth_basic x;\n" + allowAll + "}", "auth_basic"},
		"auth_basic inherited":  {"auth_basic x;\nlocation /a/ {\n" + allowAll + "}", "auth_basic"},
		"auth_request":          {"location /a/ {\nauth_request /auth;\n" + allowAll + "}", "auth_request"},
		"deny":                  {"location /a/ {\nallow 10.0.0.0/8;\ndeny all;\n" + allowAll + "}", "deny"},
		"deny inherited":        {"deny all;\nlocation /a/ {\n" + allowAll + "}", "deny"},
		"limit_except":          {"location /a/ {\nlimit_except GET { deny all; }\n" + allowAll + "}", "limit_except"},
		"satisfy":               {"location /a/ {\nsatisfy any;\nauth_jwt x;\n" + allowAll + "}", "auth_jwt"},
		"rewrite":               {"location /a/ {\nrewrite ^/a/(.*)$ /b/$1 break;\n" + allowAll + "}", "rewrite"},
		"rewrite of the server": {"rewrite ^/a/(.*)$ /b/$1;\nlocation /a/ {\n" + allowAll + "}", "rewrite"},
		"no policy below":       {"location / {\n" + allowAll + "}\nlocation /admin/ {\nreturn 403;\n" + allowAll + "}", "return 403"},
		"reflection below":      {"location / {\n" + allowAll + "}\nlocation /admin/ {\nadd_header Access-Control-Allow-Origin $http_origin always;\nadd_header Access-Control-Allow-Credentials true always;\nproxy_pass http://127.0.0.1:9001;\n}", "its policy is not valid"},
		"return in an if":       {"location /a/ {\nif ($http_x_key != secret) { return 403; }\n" + allowAll + "}", "if ($http_x_key"},
		"flag":                  {"location /a/ {\nset $bad 0;\nif ($http_x_key != secret) { set $bad 1; }\nif ($bad) { return 403; }\n" + allowAll + "}", "if ($http_x_key"},
		"methods":               {"location /a/ {\nif ($request_method !~ ^(GET|HEAD|OPTIONS)$) { return 405; }\n" + allowAll + "}", "return 405"},
		"other origins":         {"location /a/ {\nif ($http_origin !~ ^https://app\\.example\\.com$) { return 403; }\nadd_header Access-Control-Allow-Origin $http_origin always;\nadd_header Vary Origin always;\nproxy_pass http://127.0.0.1:9001;\n}", "return 403"},
		"Authorization":         {"location /a/ {\nproxy_set_header Authorization \"Basic abc\";\n" + allowAll + "}", "proxy_set_header Authorization"},
		"client certificates":   {"ssl_verify_client on;\nlocation /a/ {\n" + allowAll + "}", "ssl_verify_client"},
		"internal":              {"location /a/ {\ninternal;\n" + allowAll + "}", "internal"},
		"Lua":                   {"location /a/ {\naccess_by_lua_file a.lua;\n" + allowAll + "}", "access_by_lua_file"},
		"below":                 {"location / {\n" + allowAll + "}\nlocation /admin/ {\nauth_basic x;\nproxy_pass http://127.0.0.1:9001;\n}", "location /admin/"},
		"nested":                {"location / {\n" + allowAll + "location /admin/ {\nauth_basic x;\nproxy_pass http://127.0.0.1:9001;\n}\n}", "/admin/ of location /"},
		"no CORS below":         {"location / {\n" + allowAll + "}\nlocation /private/ {\nproxy_pass http://127.0.0.1:9001;\n}", "location /private/"},
		"closed below":          {"location / {\n" + allowAll + "}\nlocation ~ /\\.git {\ndeny all;\n}", `location ~ /\.git`},
		"refused below":         {"location / {\n" + allowAll + "}\nlocation = /admin {\nreturn 404;\n}", "location = /admin"},
		"exact below":           {"location / {\n" + allowAll + "}\nlocation = /admin {\nadd_header Access-Control-Allow-Origin https://admin.example.com always;\nproxy_pass http://127.0.0.1:9001;\n}", "/admin"},
		"expression below":      {"location / {\n" + allowAll + "}\nlocation ~ \\.json$ {\nadd_header Access-Control-Allow-Origin https://admin.example.com always;\nproxy_pass http://127.0.0.1:9001;\n}", `location ~ \.json$`},
		"invalid below":         {"location / {\n" + allowAll + "}\nlocation /admin/ {\nadd_header Access-Control-Allow-Credentials true always;\n" + allowAll + "}", "/admin/"},
	} {
		t.Run(name, func(t *testing.T) {
			im := imported("nginx", "nginx.conf", "http {\nserver {\nlisten 8080;\n"+c.server+"\n}\n}\n")
			got := routesOf(im)
			if strings.Contains(got, "http://") || !strings.Contains(got, c.why) {
				t.Errorf("routes:\n%s\nwant none, because of %q", got, c.why)
			}
			if im.Whole(true) || !strings.Contains(strings.Join(im.Lost(true), "\n"), c.why) {
				t.Errorf("not said: %q", im.Lost(true))
			}
			if file := im.File(); strings.Contains(file, "upstream:") || !strings.Contains(file, "# No route for ") {
				t.Errorf("written:\n%s", file)
			}
		})
	}
}

// TestRouteHosts checks that a route is only for the hosts that the server has.
func TestRouteHosts(t *testing.T) {
	const to = " http://127.0.0.1:9001"
	named := func(names, lines string) string {
		return "server {\nlisten 80;\nserver_name " + names + ";\n" + lines + "\n}\n"
	}
	all := "location / {\n" + allowAll + "}"
	for name, c := range map[string]struct{ http, want string }{
		"two servers":    {named("a.example.com", "location / { return 404; }") + named("b.example.com", all), "b.example.com /" + to},
		"several names":  {named("a.example.com b.example.com", all), "a.example.com /" + to + "\nb.example.com /" + to},
		"wildcards":      {named("*.example.com .example.net", all), "*.example.com /" + to + "\nexample.net /" + to + "\n*.example.net /" + to},
		"no name":        {"server {\nlisten 80;\n" + all + "\n}\n", "/" + to},
		"any name":       {named("_", all), "/" + to},
		"only localhost": {named("localhost", all), "/" + to},
		"localhost":      {named("localhost", all) + named("b.example.com", all), "localhost /" + to + "\nb.example.com /" + to},
		"https":          {named("_", "return 301 https://$host$request_uri;") + named("a.example.com", all), "a.example.com /" + to},
		"others, closed": {named("a.example.com", "location / { return 404; }") + named("_", all), "/ no: requests for a.example.com, which another server answers, would be sent there, too"},
		"others, open":   {named("a.example.com", all) + named("_", strings.ReplaceAll(all, "9001", "9002")), "a.example.com /" + to + "\n/ http://127.0.0.1:9002"},
		"expression":     {named("~^(?<app>.+)\\.example\\.com$", all), "/ no: the gateway has no hosts like ~^(?<app>.+)\\.example\\.com$"},
		"end open":       {named("a.example.com www.example.*", all), "a.example.com /" + to + "\n/ no: the gateway has no hosts like www.example.*"},
	} {
		t.Run(name, func(t *testing.T) {
			im := imported("nginx", "nginx.conf", "http {\n"+c.http+"}\n")
			if got := routesOf(im); got != c.want {
				t.Errorf("routes:\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestRouteLosses checks what is said of routes that the gateway does not have as
// nginx has them, and that it does not stop the others.
func TestRouteLosses(t *testing.T) {
	const to = "/ http://127.0.0.1:9001"
	all := "location / {\n" + allowAll + "}\n"
	for name, c := range map[string]struct{ http, want, said string }{
		"second server":  {"upstream app {\nserver 127.0.0.1:9001;\nserver 127.0.0.1:9002;\n}\nserver {\nlocation / {\nadd_header Access-Control-Allow-Origin * always;\nproxy_pass http://app;\n}\n}", to, "127.0.0.1:9002"},
		"down":           {"upstream app {\nserver 127.0.0.1:9000 down;\nserver 127.0.0.1:9001;\n}\nserver {\nlocation / {\nadd_header Access-Control-Allow-Origin * always;\nproxy_pass http://app;\n}\n}", to, ""},
		"files":          {"server {\n" + all + "location /static/ {\nroot /var/www;\n}\n}", to, "location /static/"},
		"files, allowed": {"server {\n" + all + "location ~* \\.(woff2?|ttf)$ {\nadd_header Access-Control-Allow-Origin * always;\nroot /var/www;\n}\n}", to, `location ~* \.(woff2?|ttf)$`},
		"health":         {"server {\n" + all + "location = /health {\nreturn 200 ok;\n}\n}", to, "location = /health"},
		"variable":       {"server {\nlocation / {\nadd_header Access-Control-Allow-Origin * always;\nproxy_pass http://$backend;\n}\n}", "", "$backend"},
		"socket":         {"server {\nlocation / {\nadd_header Access-Control-Allow-Origin * always;\nproxy_pass http://unix:/run/app.sock;\n}\n}", "", "unix:/run/app.sock"},
		"FastCGI":        {"server {\nlocation / {\nadd_header Access-Control-Allow-Origin * always;\nfastcgi_pass 127.0.0.1:9000;\n}\n}", "", "fastcgi_pass"},
		"limits":         {"server {\nlocation / {\nlimit_req zone=one;\n" + allowAll + "}\n}", to, "limit_req"},
		"headers":        {"server {\nlocation / {\nproxy_set_header X-Tenant a;\nproxy_set_header Host $host;\nproxy_set_header X-Real-IP $remote_addr;\n" + allowAll + "}\n}", to, "X-Tenant"},
	} {
		t.Run(name, func(t *testing.T) {
			im := imported("nginx", "nginx.conf", "http {\n"+c.http+"\n}\n")
			if got := routesOf(im); got != c.want {
				t.Errorf("routes:\n%s\nwant\n%s", got, c.want)
			}
			said := strings.Join(im.Lost(true), "\n")
			if c.said == "" != (said == "") || !strings.Contains(said, c.said) {
				t.Errorf("said %q, want %q", said, c.said)
			}
			if im.Whole(true) != (c.said == "") {
				t.Error("whole:", im.Whole(true))
			}
		})
	}
}

// TestOtherRoutes checks hosts and barriers of Caddy and Traefik.
func TestOtherRoutes(t *testing.T) {
	const header = "\theader Access-Control-Allow-Origin *\n"
	const traefik = "http:\n  routers:\n    a:\n      rule: Host(`b.example.com`) && PathPrefix(`/api`)\n      middlewares: [MIDDLEWARES]\n      service: app\n" +
		"  middlewares:\n    cors: {headers: {accessControlAllowOriginList: [\"https://a.example\"], addVaryHeader: true}}\n    strip: {stripPrefix: {prefixes: [/api]}}\n    zip: {compress: {}}\n" +
		"  services:\n    app: {loadBalancer: {servers: [{url: \"http://127.0.0.1:9001\"}]}}\n"
	for name, c := range map[string]struct{ stack, file, text, want string }{
		"hosts":          {"caddy", "Caddyfile", "a.example.com {\n\trespond 404\n}\nhttps://b.example.com, *.example.net {\n" + header + "\treverse_proxy 127.0.0.1:9001\n}\n", "b.example.com / http://127.0.0.1:9001\n*.example.net / http://127.0.0.1:9001"},
		"no host":        {"caddy", "Caddyfile", ":8080 {\n" + header + "\treverse_proxy 127.0.0.1:9001\n}\n", "/ http://127.0.0.1:9001"},
		"password":       {"caddy", "Caddyfile", "b.example.com {\n" + header + "\tbasic_auth {\n\t\ta b\n\t}\n\treverse_proxy 127.0.0.1:9001\n}\n", "b.example.com / no: basic_auth applies to it, and is not carried over"},
		"password below": {"caddy", "Caddyfile", "b.example.com {\n" + header + "\tbasic_auth /admin/* {\n\t\ta b\n\t}\n\treverse_proxy 127.0.0.1:9001\n}\n", "b.example.com / no: basic_auth applies to it, and is not carried over"},
		"password aside": {"caddy", "Caddyfile", "b.example.com {\n\thandle /api/* {\n\t" + header + "\t\treverse_proxy 127.0.0.1:9001\n\t}\n\thandle /admin/* {\n\t\tbasic_auth {\n\t\t\ta b\n\t\t}\n\t\treverse_proxy 127.0.0.1:9002\n\t}\n}\n", "b.example.com /api/ http://127.0.0.1:9001"},
		"preflights":     {"caddy", "Caddyfile", "b.example.com {\n" + header + "\t@o method OPTIONS\n\trespond @o 204\n\treverse_proxy 127.0.0.1:9001\n}\n", "b.example.com / http://127.0.0.1:9001"},
		"strip":          {"traefik", "traefik.yml", strings.Replace(traefik, "MIDDLEWARES", "strip, cors", 1), "b.example.com /api no: its middleware strip is stripPrefix, and is not carried over"},
		"compress":       {"traefik", "traefik.yml", strings.Replace(traefik, "MIDDLEWARES", "zip, cors", 1), "b.example.com /api http://127.0.0.1:9001"},
		"rule":           {"traefik", "traefik.yml", strings.Replace(strings.Replace(traefik, "MIDDLEWARES", "cors", 1), "&& Path", "&& ClientIP(`10.0.0.0/8`) && Path", 1), "b.example.com /api no: rule Host(`b.example.com`) && ClientIP(`10.0.0.0/8`) && PathPrefix(`/api`) chooses its paths, and the gateway knows only prefixes"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := routesOf(imported(c.stack, c.file, c.text)); got != c.want {
				t.Errorf("routes:\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}
