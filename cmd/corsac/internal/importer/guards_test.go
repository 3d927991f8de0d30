package importer_test

import (
	"strings"
	"testing"
)

// guardedRoutes are configurations of several servers, and the routes that corsac
// writes for them: never one that is open where the server is not.
var guardedRoutes = []struct{ name, stack, file, text, want string }{
	{"Apache: hosts", "apache", "site.conf", apacheHost("ProxyPass / http://127.0.0.1:9001/"), "b.example.com / http://127.0.0.1:9001\nwww.example.com / http://127.0.0.1:9001"},
	{"Apache: password", "apache", "site.conf", apacheHost("<Location />\nAuthType Basic\nRequire valid-user\n</Location>\nProxyPass / http://127.0.0.1:9001/"), "Require valid-user"},
	{"Apache: password below", "apache", "site.conf", apacheHost("<Location /admin>\nRequire ip 10.0.0.0/8\n</Location>\nProxyPass / http://127.0.0.1:9001/"), "Require ip"},
	{"Apache: password aside", "apache", "site.conf", apacheHost("<Location /admin>\nRequire ip 10.0.0.0/8\n</Location>\nProxyPass /api http://127.0.0.1:9001/api"), "b.example.com /api http://127.0.0.1:9001\nwww.example.com /api http://127.0.0.1:9001"},
	{"Apache: Deny", "apache", "site.conf", apacheHost("<Proxy *>\nOrder deny,allow\nDeny from all\nAllow from 10.0.0.1\n</Proxy>\nProxyPass / http://127.0.0.1:9001/"), "Deny from"},
	{"Apache: preflights only", "apache", "site.conf", apacheHost("RewriteEngine On\nRewriteCond %{REQUEST_METHOD} =OPTIONS\nRewriteRule ^ - [R=204,L]\nProxyPreserveHost On\nProxyPass / http://127.0.0.1:9001/"), "b.example.com / http://127.0.0.1:9001 preserve_host\nwww.example.com / http://127.0.0.1:9001 preserve_host"},
	{"Apache: forbidden", "apache", "site.conf", apacheHost("RewriteEngine On\nRewriteCond %{HTTP:X-Key} !secret\nRewriteRule ^ - [F]\nProxyPass / http://127.0.0.1:9001/"), "RewriteRule"},

	{"HAProxy: host", "haproxy", "haproxy.cfg", haproxy("", "use_backend app if { hdr(host) -i b.example.com } { path_beg /api/ }"), "b.example.com /api/ http://127.0.0.1:9001 preserve_host"},
	{"HAProxy: password", "haproxy", "haproxy.cfg", haproxy("http-request auth unless { http_auth(users) }", "default_backend app"), "http-request auth"},
	{"HAProxy: deny", "haproxy", "haproxy.cfg", haproxy("acl inside src 10.0.0.0/8\n    http-request deny if { path_beg /admin } !inside", "default_backend app"), "http-request deny"},
	{"HAProxy: deny aside", "haproxy", "haproxy.cfg", haproxy("http-request deny if { path_beg /admin }", "use_backend app if { path_beg /api/ }"), "/api/ http://127.0.0.1:9001 preserve_host"},
	{"HAProxy: preflights only", "haproxy", "haproxy.cfg", haproxy("http-request return status 204 if METH_OPTIONS", "default_backend app"), "/ http://127.0.0.1:9001 preserve_host"},
	{"HAProxy: sources", "haproxy", "haproxy.cfg", haproxy("acl inside src 10.0.0.0/8", "use_backend app if inside"), "if src 10.0.0.0/8 chooses its paths"},

	{"Envoy: hosts", "envoy", "envoy.yaml", envoy("", `{match: {prefix: /api}, route: {cluster: app}}`), "b.example.com /api http://127.0.0.1:9001 preserve_host"},
	{"Envoy: tokens", "envoy", "envoy.yaml", envoy("- {name: envoy.filters.http.jwt_authn}", `{match: {prefix: /api}, route: {cluster: app}}`), "envoy.filters.http.jwt_authn"},
	{"Envoy: access log of rbac", "envoy", "envoy.yaml", envoy(`- {name: own, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC}}`, `{match: {prefix: /api}, route: {cluster: app}}`), "the filter own"},
	{"Envoy: rewrite", "envoy", "envoy.yaml", envoy("", `{match: {prefix: /api}, route: {cluster: app, prefix_rewrite: /}}`), "prefix_rewrite"},
	{"Envoy: refused by an expression", "envoy", "envoy.yaml", envoy("", `{match: {safe_regex: {regex: "/api/admin.*"}}, direct_response: {status: 403}}, {match: {prefix: /api}, route: {cluster: app}}`), "Envoy answers its requests itself"},
	{"Envoy: headers", "envoy", "envoy.yaml", envoy("", `{match: {prefix: /api, headers: [{name: x-key, exact_match: a}]}, route: {cluster: app}}`), "its match (headers) chooses its paths"},

	{"Kong: hosts", "kong", "kong.yml", kong("hosts: [b.example.com], strip_path: false, preserve_host: true", ""), "b.example.com /api http://127.0.0.1:9001 preserve_host"},
	{"Kong: keys", "kong", "kong.yml", kong("strip_path: false", "  - name: key-auth\n"), "the plugin key-auth"},
	{"Kong: addresses, of all", "kong", "kong.yml", kong("strip_path: false", "") + "plugins:\n- name: ip-restriction\n  config: {allow: [10.0.0.0/8]}\n", "the plugin ip-restriction"},
	{"Kong: below", "kong", "kong.yml", kong("strip_path: false", "") + "- name: admin\n  url: http://127.0.0.1:9002\n  routes: [{name: admin, paths: [/api/admin]}]\n", "route admin has some of its requests"},
	{"Kong: keys for an expression", "kong", "kong.yml", kong("strip_path: false}, {name: admin, paths: ['~/api/(admin|x)'], plugins: [{name: key-auth}]", ""), "the plugin key-auth"},
	{"Kong: methods", "kong", "kong.yml", kong("strip_path: false, methods: [GET]", ""), "its methods chooses its paths"},

	{"Istio: hosts", "istio", "vs.yaml", istio("", ""), "b.example.com /api http://app:9001 preserve_host"},
	{"Istio: policy", "istio", "vs.yaml", istio("", "---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: only-me}\nspec: {}\n"), "AuthorizationPolicy only-me"},
	{"Istio: tokens", "istio", "vs.yaml", istio("", "---\napiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {name: jwt}\nspec: {}\n"), "RequestAuthentication jwt"},
	{"Istio: rewrite", "istio", "vs.yaml", istio("rewrite: {uri: /}, ", ""), "rewrite changes its paths"},

	{"Gateway API: hosts", "gateway-api", "route.yaml", gatewayRoute("", ""), "b.example.com /api http://app:9001 preserve_host"},
	{"Gateway API: extension", "gateway-api", "route.yaml", gatewayRoute("{type: ExtensionRef, extensionRef: {kind: Auth, name: login}}, ", ""), "the filter ExtensionRef login"},
	{"Gateway API: policy", "gateway-api", "route.yaml", gatewayRoute("", "---\nkind: SecurityPolicy\nmetadata: {name: jwt}\nspec: {targetRef: {kind: HTTPRoute, name: api}, jwt: {}}\n"), "the SecurityPolicy jwt"},
	{"Gateway API: credential", "gateway-api", "route.yaml", gatewayRoute("{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: Authorization, value: x}]}}, ", ""), "gives the upstream a credential"},
	{"Gateway API: below", "gateway-api", "route.yaml", gatewayRoute("", "---\nkind: HTTPRoute\nmetadata: {name: admin}\nspec: {hostnames: [b.example.com], rules: [{matches: [{path: {value: /api/admin}}], backendRefs: [{name: x, port: 1}]}]}\n"), "HTTPRoute admin /api/admin has some of its requests"},

	{"ingress-nginx: hosts", "ingress-nginx", "ingress.yaml", ingress(""), "b.example.com /api http://app:9001 preserve_host"},
	{"ingress-nginx: password", "ingress-nginx", "ingress.yaml", ingress("auth-url: http://login/"), "the annotation auth-url"},
	{"ingress-nginx: addresses", "ingress-nginx", "ingress.yaml", ingress("whitelist-source-range: 10.0.0.0/8"), "the annotation whitelist-source-range"},
	{"ingress-nginx: rewrite", "ingress-nginx", "ingress.yaml", ingress("rewrite-target: /$1"), "the annotation rewrite-target"},
}

func apacheHost(lines string) string {
	return "<VirtualHost *:80>\nServerName b.example.com\nServerAlias www.example.com\nHeader always set Access-Control-Allow-Origin https://app.example.com\n" + lines + "\n</VirtualHost>\n"
}

func haproxy(lines, use string) string {
	return "frontend web\n    bind :80\n    http-after-response set-header Access-Control-Allow-Origin *\n    " + lines + "\n    " + use + "\nbackend app\n    server a 127.0.0.1:9001\n"
}

func envoy(filter, route string) string {
	return `static_resources:
  listeners:
  - address: {socket_address: {address: 0.0.0.0, port_value: 80}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          route_config:
            virtual_hosts:
            - name: web
              domains: [b.example.com]
              typed_per_filter_config:
                envoy.filters.http.cors: {allow_origin_string_match: [{exact: "https://app.example.com"}]}
              routes: [` + route + `]
          http_filters:
          - {name: envoy.filters.http.cors}
          ` + filter + `
          - {name: envoy.filters.http.router}
  clusters:
  - name: app
    load_assignment: {endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: 9001}}}}]}]}
`
}

func kong(route, plugin string) string {
	return "services:\n- name: api\n  url: http://127.0.0.1:9001\n  routes: [{name: api, paths: [/api], " + route + "}]\n  plugins:\n  - name: cors\n    config: {origins: ['^https://app\\.example\\.com$'], methods: [PUT], headers: [X-A]}\n" + plugin
}

func istio(route, more string) string {
	return "kind: VirtualService\nmetadata: {name: api}\nspec:\n  hosts: [b.example.com]\n  http:\n  - {" + route + "match: [{uri: {prefix: /api}}], corsPolicy: {allowOrigins: [{exact: \"https://app.example.com\"}]}, route: [{destination: {host: app, port: {number: 9001}}}]}\n" + more
}

func gatewayRoute(filter, more string) string {
	return "kind: HTTPRoute\nmetadata: {name: api}\nspec:\n  hostnames: [b.example.com]\n  rules:\n  - matches: [{path: {type: PathPrefix, value: /api}}]\n    filters: [" + filter + "{type: CORS, cors: {allowOrigins: [\"https://app.example.com\"]}}]\n    backendRefs: [{name: app, port: 9001}]\n" + more
}

func ingress(annotation string) string {
	if annotation != "" {
		annotation = "    nginx.ingress.kubernetes.io/" + annotation + "\n"
	}
	return "kind: Ingress\nmetadata:\n  name: api\n  annotations:\n    nginx.ingress.kubernetes.io/enable-cors: \"true\"\n    nginx.ingress.kubernetes.io/cors-allow-origin: https://app.example.com\n" + annotation +
		"spec:\n  rules:\n  - host: b.example.com\n    http: {paths: [{path: /api, pathType: Prefix, backend: {service: {name: app, port: {number: 9001}}}}]}\n"
}

// TestGuardedRoutes checks that no server is carried over as a route that is open
// where the server is not, or that is for hosts that it does not have.
func TestGuardedRoutes(t *testing.T) {
	for _, c := range guardedRoutes {
		t.Run(c.name, func(t *testing.T) {
			im := imported(c.stack, c.file, c.text)
			var lines []string
			open := strings.Contains(c.want, " http://")
			for _, r := range im.Routes {
				line := strings.TrimSpace(r.Host + " " + r.Path + " " + r.Upstream)
				switch {
				case r.Problem != "":
					line = r.Problem
				case r.PreserveHost:
					line += " preserve_host"
				}
				lines = append(lines, line)
			}
			got := strings.Join(lines, "\n")
			if open && got != c.want || !open && (strings.Contains(im.File(), "upstream:") || !strings.Contains(got, c.want)) {
				t.Errorf("routes:\n%s\nwant\n%s\n%s", got, c.want, im.File())
			}
			if !open && im.Whole(true) {
				t.Error("nothing is said")
			}
		})
	}
}

// TestOneListener checks that servers on different ports are said to become one.
func TestOneListener(t *testing.T) {
	second := strings.NewReplacer(":80", ":8443", "b.example.com", "c.example.com", "www.example.com", "d.example.com").Replace(apacheHost("ProxyPass / http://127.0.0.1:9002/"))
	im := imported("apache", "site.conf", apacheHost("ProxyPass / http://127.0.0.1:9001/")+second)
	if said := strings.Join(im.Lost(true), "\n"); !strings.Contains(said, "Requests for it come to port 8443") || im.Whole(true) {
		t.Errorf("said %q", said)
	}
	if said := strings.Join(im.Lost(false), "\n"); strings.Contains(said, "port 8443") {
		t.Errorf("said %q", said)
	}
}
