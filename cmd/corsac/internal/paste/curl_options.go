package paste

import "strings"

// The names of curl's options, from curl --help all: those that take a value,
// then those that do not, which can have no- in front. Last, the short options:
// a letter, then the long name.
const (
	valueOptions = `
	abstract-unix-socket alt-svc aws-sigv4 cacert capath cert cert-type ciphers config connect-timeout
	connect-to continue-at cookie cookie-jar create-file-mode crlfile curves data data-ascii data-binary
	data-raw data-urlencode delegation dns-interface dns-ipv4-addr dns-ipv6-addr dns-servers doh-url
	dump-header ech egd-file engine etag-compare etag-save expect100-timeout form form-string
	ftp-account ftp-alternative-to-user ftp-method ftp-port ftp-ssl-ccc-mode happy-eyeballs-timeout-ms
	haproxy-clientip header help hostpubmd5 hostpubsha256 hsts interface ip-tos ipfs-gateway json
	keepalive-cnt keepalive-time key key-type knownhosts krb libcurl limit-rate local-port login-options
	mail-auth mail-from mail-rcpt max-filesize max-redirs max-time netrc-file noproxy oauth2-bearer
	output output-dir parallel-max parallel-max-host pass pinnedpubkey preproxy proto proto-default
	proto-redir proxy proxy-cacert proxy-capath proxy-cert proxy-cert-type proxy-ciphers proxy-crlfile
	proxy-header proxy-key proxy-key-type proxy-pass proxy-pinnedpubkey proxy-service-name
	proxy-tls13-ciphers proxy-tlsauthtype proxy-tlspassword proxy-tlsuser proxy-user proxy1.0 pubkey
	quote random-file range rate referer request request-target resolve retry retry-delay retry-max-time
	sasl-authzid service-name sigalgs socks4 socks4a socks5 socks5-gssapi-service socks5-hostname
	speed-limit speed-time stderr telnet-option tftp-blksize time-cond tls-max tls13-ciphers tlsauthtype
	tlspassword tlsuser trace trace-ascii trace-config unix-socket upload-file upload-flags url
	url-query user user-agent variable vlan-priority write-out`
	plainOptions = `
	anyauth append basic ca-native cert-status compressed compressed-ssh create-dirs crlf digest disable
	disable-eprt disable-epsv disallow-username-in-url doh-cert-status doh-insecure fail fail-early
	fail-with-body false-start follow form-escape ftp-create-dirs ftp-pasv ftp-pret ftp-skip-pasv-ip
	ftp-ssl-ccc ftp-ssl-control get globoff haproxy-protocol head http0.9 http1.0 http1.1 http2
	http2-prior-knowledge http3 http3-only ignore-content-length include insecure ipv4 ipv6
	junk-session-cookies list-only location location-trusted mail-rcpt-allowfails manual metalink mptcp
	negotiate netrc netrc-optional next ntlm ntlm-wb out-null parallel parallel-immediate path-as-is
	post301 post302 post303 progress-bar proxy-anyauth proxy-basic proxy-ca-native proxy-digest
	proxy-http2 proxy-insecure proxy-negotiate proxy-ntlm proxy-ssl-allow-beast
	proxy-ssl-auto-client-cert proxy-tlsv1 proxytunnel raw remote-header-name remote-name
	remote-name-all remote-time remove-on-error retry-all-errors retry-connrefused sasl-ir show-error
	silent skip-existing socks5-basic socks5-gssapi socks5-gssapi-nec ssl ssl-allow-beast
	ssl-auto-client-cert ssl-no-revoke ssl-reqd ssl-revoke-best-effort sslv2 sslv3 styled-output
	suppress-connect-headers tcp-fastopen tcp-nodelay tftp-no-options tls-earlydata tlsv1 tlsv1.0
	tlsv1.1 tlsv1.2 tlsv1.3 tr-encoding trace-ids trace-time use-ascii verbose version xattr alpn buffer
	clobber keepalive npn progress-meter sessionid`
	shortOptions = `
	#progress-bar 0http1.0 1tlsv1 2sslv2 3sslv3 4ipv4 6ipv6 :next Auser-agent Buse-ascii Ccontinue-at
	Ddump-header Ecert Fform Gget Hheader Ihead Jremote-header-name Kconfig Llocation Mmanual Nno-buffer
	Oremote-name Pftp-port Qquote Rremote-time Sshow-error Tupload-file Uproxy-user Vversion Xrequest
	Yspeed-limit Zparallel aappend bcookie ccookie-jar ddata ereferer ffail ggloboff hhelp iinclude
	jjunk-session-cookies kinsecure llist-only mmax-time nnetrc ooutput pproxytunnel qdisable rrange
	ssilent ttelnet-option uuser vverbose wwrite-out xproxy yspeed-time ztime-cond`
)

// takesValue says for each long option of curl whether it takes a value.
var takesValue = func() map[string]bool {
	m := map[string]bool{}
	for name := range strings.FieldsSeq(valueOptions) {
		m[name] = true
	}
	for name := range strings.FieldsSeq(plainOptions) {
		m[name], m["no-"+name] = false, false
	}
	return m
}()

// longOption has the long name for each letter.
var longOption = func() map[byte]string {
	m := map[byte]string{}
	for entry := range strings.FieldsSeq(shortOptions) {
		m[entry[0]] = entry[1:]
	}
	return m
}()
