# SPDX-License-Identifier: MIT
"""The command lines of test_beside_curl.py, and the answers they get."""

OK = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"

# Raw servers: the bytes of the answer, or these and settings of tests/server/raw.py.
ANSWERS = {
    "rec": (OK, {"end": "open"}),
    "rec2": (OK, {"end": "open"}),
    "trec": (OK, {"end": "open", "tls": True}),
    "twice": "HTTP/1.1 200 OK\r\nX-A: one\r\nx-a: two\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n",
    "empties": "HTTP/1.1 200 OK\r\nX-Empty:\r\nContent-Length: 3\r\n\r\nok\n",
    "noname": "HTTP/1.1 200\r\nContent-Length: 3\r\n\r\nok\n",
    "http10": "HTTP/1.0 200 Fine\r\n\r\nuntil the end",
    "early": "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK,
    "chunks": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-Trailer: t\r\n\r\n",
    "chunks_cut": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    "chunks_bad": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
    "short": "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
    "more": "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\nand more",
    "minus": "HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nok\n",
    "lengths": "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 2\r\n\r\nok\n",
    "same_lengths": "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nok\n",
    "huge": "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nok\n",
    "both": "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "none": ("", {}),
    "half_head": "HTTP/1.1 200 OK\r\nContent-Le",
    "http09": "just text\n",
    "http3": "HTTP/3.7 200 OK\r\nContent-Length: 3\r\n\r\nok\n",
    "status7": "HTTP/1.1 7 OK\r\nContent-Length: 3\r\n\r\nok\n",
    "lf": "HTTP/1.1 200 OK\nContent-Length: 3\n\nok\n",
    "folded": "HTTP/1.1 200 OK\r\nX-A: one\r\n two\r\nContent-Length: 3\r\n\r\nok\n",
    "nul": "HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 3\r\n\r\nok\n",
    "colon": "HTTP/1.1 200 OK\r\nno colon here\r\nContent-Length: 3\r\n\r\nok\n",
    "reset": ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", {"end": "rst", "cut_wire": 41}),
    "tcut": ("HTTP/1.1 200 OK\r\n\r\nabc", {"tls": True, "end": "fin"}),
    "tshort": ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", {"tls": True, "end": "close_notify"}),
    "silent": ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", {"cut": 0, "end": "open"}),
    "stuck": ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", {"end": "open"}),
    "no_content": "HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n",
    "unmodified": "HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n",
    "gone": ("HTTP/1.1 410 Gone\r\nContent-Length: 5\r\n\r\ngone\n", {"end": "open"}),
    "found": ("HTTP/1.1 302 Found\r\nLocation: /next?a=b#c\r\nContent-Length: 0\r\n\r\n", {"end": "open"}),
    "nowhere": "HTTP/1.1 302 Found\r\nContent-Length: 3\r\n\r\nok\n",
    "to_ftp": "HTTP/1.1 302 Found\r\nLocation: ftp://localhost/x\r\nContent-Length: 0\r\n\r\n",
    "to_bad": "HTTP/1.1 302 Found\r\nLocation: http://a b/\r\nContent-Length: 0\r\n\r\n",
    "refusing": "HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno\n",
    "asks": "HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n",
    "zip": "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nok\n",
    "brotli": "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 3\r\n\r\nok\n",
    "digest": ("HTTP/1.1 401 Who\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\nContent-Length: 0\r\n\r\n",
               {"end": "open"}),
    "basic": ("HTTP/1.1 401 Who\r\nWWW-Authenticate: Basic realm=\"r\"\r\nContent-Length: 0\r\n\r\n", {"end": "open"}),
    "sets": ("HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d; Path=/; HttpOnly; Expires=Tue, 01 Jan 2036 00:00:00 GMT\r\n"
             "Set-Cookie: e=f; Domain=other.example\r\nSet-Cookie: g=h; Secure\r\nContent-Length: 3\r\n\r\nok\n", {"end": "open"}),
    "tagged": "HTTP/1.1 200 OK\r\nETag: \"x-1\"\r\nContent-Length: 3\r\n\r\nok\n",
    "beyond": ("HTTP/1.1 416 No\r\nContent-Range: bytes */50\r\nContent-Length: 3\r\n\r\nno\n", {"end": "open"}),
    "part": "HTTP/1.1 206 OK\r\nContent-Range: bytes 2-4/5\r\nContent-Length: 3\r\n\r\nok\n",
    "part20": "HTTP/1.1 206 OK\r\nContent-Range: bytes 20-22/23\r\nContent-Length: 3\r\n\r\nok\n",
    "plain_tls": ("no TLS here\r\n", {"on": "connect", "end": "open"}),
}

# Faults of tests/server for /beside/NAME, for the run of each of the two.
RULES = {
    "retry_once": {"times": 1, "status": 503},
    "retry_after": {"times": 1, "retry_after": "1"},
    "retry_404": {"times": 1, "status": 404},
    "retry_all_404": {"times": 1, "status": 404},
    "retry_spent": {"times": 2, "status": 500},
    "retry_post": {"times": 1, "status": 502},
    "retry_max_time": {"times": 1, "status": 503, "retry_after": "60"},
    "retry_to_file": {"times": 1, "status": 503},
}

COMMANDS = r"""
# --- methods and headers ---
get                 $rec/path?query=1
get_root            $rec
get_query_only      $rec?a=b
method              -X DELETE $rec/a
method_lower        -X get $rec/a
method_own          -X PURGE $rec/a
method_head         -X HEAD -m 2 $rec/a
method_data         -X PUT -d a=b $rec/a
header              -H "X-A: b" -H "x-c:d" $rec/a
header_replaced     -H "Accept: text/html" -H "Host: other.example" $rec/a
header_removed      -H "Accept:" -H "X-A:" $rec/a
header_no_host      -H "Host:" $rec/a
header_empty        -H "X-Empty;" $rec/a
header_twice        -H "X-A: 1" -H "X-A: 2" $rec/a
header_spaces       -H "X-A:    many   spaces  " $rec/a
header_file         -H @headers $rec/a
header_stdin        -H @- $rec/a
header_no_file      -H @missing $rec/a
header_no_colon     -H "no colon" $rec/a
header_utf8         -H "X-A: äöü" $rec/a
agent               -A mine $rec/a
agent_none          -A "" $rec/a
agent_header        -H "User-Agent: mine" $rec/a
referer             -e http://a.example/ $rec/a
referer_auto        -L -e "http://a.example/;auto" "$http/redirect/1?to=$rec/"
bearer              --oauth2-bearer tok $rec/a
bearer_and_header   --oauth2-bearer tok -H "Authorization: Mine x" $rec/a
content_type        -d a -H "Content-Type: text/plain" $rec/a
content_length      -d abc -H "Content-Length: 3" $rec/a
chunked             -d abc -H "Transfer-Encoding: chunked" $rec/a
userinfo            http://localhost:$rec_port/a
connection_close    -H "Connection: close" $rec/a

# --- data ---
data                -d a=b -d c=d $rec/a
data_empty          -d "" $rec/a
data_file           -d @text $rec/a
data_stdin          -d @- $rec/a
data_binary         --data-binary @binary $rec/a
data_binary_text    --data-binary @text $rec/a
data_raw            --data-raw @text $rec/a
data_urlencode      --data-urlencode "a b&c" --data-urlencode "=x y" --data-urlencode "n=x&y" $rec/a
data_urlencode_file --data-urlencode @text --data-urlencode n@text $rec/a
data_ascii          --data-ascii a=b $rec/a
data_mixed          -d a --data-raw @b --data-urlencode c=ü $rec/a
data_no_file        -d @missing $rec/a
data_large          --data-binary @binary -d @binary $rec/a
get_data            -G -d a=b -d c=d $rec/a
get_data_query      -G -d a=b "$rec/a?x=y"
get_data_no_query   -G -d a=b $rec/a?#f
get_urlencoded      -G --data-urlencode "q=a b" $rec/a
get_nothing         -G $rec/a
json                --json '{"a": 1}' $rec/a
json_twice          --json '{"a": 1' --json '}' $rec/a
json_accept         --json 1 -H "Accept: x/y" $rec/a
json_file           --json @text $rec/a
head_data           -I -d a=b $rec/a
data_and_upload     -T text -d a=b $rec/a

# --- uploads ---
upload              -T text $rec/a
upload_folder       -T text $rec/dir/
upload_root         -T text $rec
upload_stdin        -T - $rec/a
upload_dot          -T . $rec/a
upload_empty        -T empty $rec/a
upload_missing      -T missing $rec/a
upload_a_folder     -T /tmp $rec/a
upload_post         -X POST -T text $rec/a
upload_two          -T text -T binary $rec/a $rec/b
upload_one_for_two  -T text $rec/a $rec/b
upload_glob         -T "{text,binary}" $rec/d/
upload_redirected   -L -T text "$http/redirect/1?to=$rec/x&status=307"

# --- output ---
output              -o out $rec/a
output_dash         -o - $rec/a
output_null         -o /dev/null $rec/a
output_replaces     -o old $rec/a
output_empty        -o empty.txt $no_content/a
output_two          -o one -o two $rec/a $rec/b
output_one_of_two   -o one $rec/a $rec/b
output_too_many     -o one -o two $rec/a
output_no_folder    -o no/folder/out $rec/a
output_create       --create-dirs -o some/folder/out $rec/a
output_dir          --output-dir some -o out $rec/a
output_dir_create   --output-dir some --create-dirs -o out $rec/a
output_is_folder    -o /tmp $rec/a
output_full         -o /dev/full $rec/a
output_readonly     -o /proc/version $rec/a
output_404          -f -o out $gone/a
output_404_kept     --fail-with-body -o out $gone/a
output_partial      -o out $short/a
remote_name         -O $rec/dir/file.txt?query
remote_name_none    -O $rec/
remote_name_two     -O -O $rec/dir/a $rec/dir/b
remote_name_dir     --output-dir some --create-dirs -O $rec/dir/a
remote_name_escaped -O $rec/dir/a%20b
include             -i $twice/a
include_http10      -i $http10/a
include_early       -i $early/a
include_trailers    -i $chunks/a
include_redirects   -i -L "$http/redirect/2?to=$http/bytes/3"
include_empty       -i $empties/a
include_no_reason   -i $noname/a
head                -I $twice/a
head_404            -I $http/status/404
head_fail           -If $gone/a
head_include        -I -i $twice/a
dump                -D heads $twice/a
dump_stdout         -D - $twice/a
dump_redirects      -L -D heads -o body "$http/redirect/1?to=$twice/x"
dump_and_include    -i -D heads $twice/a
dump_two            -D heads $twice/a $rec/b
silent_output       -i -o out $twice/a

# --- write-out ---
w_codes             -w "%{http_code} %{response_code} %{http_version} %{method} %{scheme} %{exitcode}\n" $rec/a
w_urls              -w "%{url} %{url_effective} %{urlnum}\n" $rec/a $rec/b#c
w_sizes             -w "%{size_download} %{size_upload} %{num_headers}\n" -d abc $twice/a
w_size_header       -w "%{size_header}\n" $twice/a
w_size_request      -w "%{size_request}\n" -A same $twice/a
w_redirects         -L -w "%{num_redirects} %{url_effective}\n" "$http/redirect/3?to=$http/bytes/3"
w_redirect_url      -w "%{redirect_url}\n" $found/a
w_size_hops         -L -w "%{size_header}\n" "$http/redirect/1?to=$early/a" -o out
w_connect_refused   -w "%{http_connect}|%{http_code}\n" -x localhost:$refusing_port $https/bytes/3
w_remote_ipv6       -w "%{remote_ip} %{remote_port}\n" http://[::1]:$rec_port/a
w_remote_each       -w "%{remote_ip} %{remote_port}\n" http://127.0.0.1:$rec_port/a http://[::1]:$rec2_port/a
w_header_json_none  -w "%{header_json}" $refused/a
w_connects          -w "%{num_connects}\n" $rec/a
w_names             -w "%{filename_effective} %{content_type}\n" -o out $twice/a
w_referer           -w "%{referer}\n" -e http://a.example/ $rec/a
w_header            -w "%header{x-a} %header{none} |\n" $twice/a
w_header_empty      -w "%header{x-empty}|\n" $empties/a
w_header_json       -w "%{header_json}" $twice/a
w_remote            -w "%{remote_ip} %{remote_port}\n" http://127.0.0.1:$rec_port/a
w_local             -w "%{local_ip} mine=%{local_port}\n" http://127.0.0.1:$rec_port/a
w_remote_refused    -w "%{remote_ip} %{remote_port} %{local_ip} %{local_port}\n" http://127.0.0.1:$refused_port/a
w_error             -w "%{errormsg}|%{exitcode}|%{http_code}\n" -o out $rec/a
w_onerror_good      -w "a%{onerror}b" $rec/a
w_onerror_bad       -f -w "a%{onerror} %{exitcode} b\n" $gone/a
w_stderr            -w "a%{stderr}b%{stdout}c\n" $rec/a
w_escapes           -w "%% %{ \n\t\q %{http_code" $rec/a
w_unknown           -w "a%{no_such}b\n" $rec/a
w_file              -w @format $rec/a
w_stdin             -w @- $rec/a
w_no_file           -w @missing $rec/a
w_tls               -w "%{ssl_verify_result} %{proxy_ssl_verify_result} %{scheme}\n" $https/bytes/3
w_times             -w "%{time_namelookup} %{time_connect} %{time_total} %{time_redirect}\n" $rec/a
w_times_plain       -w "%{time_appconnect}\n" $rec/a
w_speed             -w "speed=%{speed_download} speed=%{speed_upload}\n" $https/bytes/100000 -o out
w_http_connect      -w "%{http_connect} %{http_code}\n" -x $tiny $https/bytes/3
w_http_connect_none -w "%{http_connect}\n" $rec/a
w_certs             -w "%{num_certs}\n" $https/bytes/3
w_each              -w "%{http_code}\n" $rec/a $gone/a $rec/c
w_refused           -w "%{http_code} %{num_connects} %{size_download}\n" $refused/a
w_interim           -w "%{http_code} %{num_headers}\n" $early/a

# --- redirects ---
redirect_not        $found/a
location            -L "$http/redirect/3?to=$http/echo?a=b"
location_fragment   -L --max-redirs 2 $found/a
max_redirs_0        -L --max-redirs 0 $found/a
max_redirs_off      -L --max-redirs -1 "$http/redirect/60?to=$http/bytes/3"
max_redirs_default  -L "$http/redirect/51?to=$http/bytes/3"
post_301            -L -d a=b "$http/redirect/1?to=$rec/x&status=301"
post_302            -L -d a=b "$http/redirect/1?to=$rec/x&status=302"
post_303            -L -d a=b "$http/redirect/1?to=$rec/x&status=303"
post_307            -L -d a=b "$http/redirect/1?to=$rec/x&status=307"
post_308            -L -d a=b "$http/redirect/1?to=$rec/x&status=308"
post301             -L --post301 -d a=b "$http/redirect/1?to=$rec/x&status=301"
post302             -L --post302 -d a=b "$http/redirect/1?to=$rec/x&status=302"
post303             -L --post303 -d a=b "$http/redirect/1?to=$rec/x&status=303"
put_303             -L -X PUT -d a=b "$http/redirect/1?to=$rec/x&status=303"
put_302             -L -X PUT -d a=b "$http/redirect/1?to=$rec/x&status=302"
redirect_300        -L "$http/redirect/1?to=$rec/x&status=300"
redirect_305        -L "$http/redirect/1?to=$rec/x&status=305"
redirect_nowhere    -L $nowhere/a
redirect_ftp        -L $to_ftp/a
redirect_bad        -L $to_bad/a
redirect_auth       -L --oauth2-bearer tok "$http/redirect/1?to=$rec/x"
redirect_trusted    -L --location-trusted --oauth2-bearer tok "$http/redirect/1?to=$rec/x"
redirect_header     -L -H "Authorization: Mine x" -H "Cookie: a=b" "$http/redirect/1?to=$rec/x"
redirect_host       -L -H "Host: other.example" "$http/redirect/1?to=$rec/x"
redirect_up         -L "$http/redirect/1?to=$https/bytes/3"
redirect_down       -L "$https/redirect/1?to=$http/bytes/3"
redirect_head       -I -L "$http/redirect/1?to=$http/bytes/3"
proto_redir         -L --proto-redir =https "$http/redirect/1?to=$http/bytes/3"

# --- failures ---
refused             $refused/a
unresolved          http://no-such-host.invalid/
unresolved_two      http://no-such-host.invalid/ $rec/a
fail                -f $gone/a
fail_500            -f $http/status/500
fail_good           -f $rec/a
fail_redirect       -f $found/a
fail_with_body      --fail-with-body $gone/a
fail_two            -f $rec/a $gone/a $rec/b
fail_two_codes      $refused/a http://no-such-host.invalid/
max_time            -m 1 $silent/a
max_time_body       -m 1 $stuck/a
connect_timeout     --connect-timeout 1 https://localhost:$silent_port/a
partial             $short/a
partial_tls         $tshort/a
partial_chunked     $chunks_cut/a
partial_reset       $reset/a
empty_reply         $none/a
half_head           $half_head/a
http_09             $http09/a
http_30             $http3/a
status_7            $status7/a
bare_lf             $lf/a
bad_chunk           $chunks_bad/a
more_than_length    $more/a
negative_length     $minus/a
two_lengths         $lengths/a
equal_lengths       $same_lengths/a
huge_length         $huge/a
length_and_chunked  $both/a
folded_header       -i $folded/a
nul_in_header       -i $nul/a
no_colon            -i $colon/a
chunked_body        $chunks/a
http_10             $http10/a
cut_without_notify  $tcut/a
no_content          -i $no_content/a
not_modified        -i $unmodified/a

# --- URLs ---
url_scheme          localhost:$rec_port/a
url_ftp             ftp://localhost/a
url_no_host         http:///a
url_bad_port        http://localhost:99999/a
url_port_0          http://localhost:0/a
url_space           "http://a b/"
url_path_space      "$rec/a b"
url_utf8            $rec/ä?ö
url_dots            $rec/a/../b/./c
url_upper           HTTP://LOCALHOST:$rec_port/A
url_one_slash       http:/localhost:$rec_port/a
url_three_slashes   http:///localhost:$rec_port/a
url_fragment        $rec/a#b?c
url_percent         $rec/%zz%41
url_number_host     http://2130706433:$rec_port/a
url_hex_host        http://0x7f.1:$rec_port/a
url_ipv6            http://[::1]:$rec_port/a
url_ipv6_bad        http://[::1:$rec_port/a
url_empty           ""
url_missing         -d a
url_option          --url $rec/a
url_backslash       "$rec/a\\b"
url_colon_end       http://localhost:/a
idn                 --resolve xn--bcher-kva.example:$rec_port:127.0.0.1 http://bücher.example:$rec_port/a
idn_bad             http://-ü.example/
glob_braces         $rec/{a,b}
glob_range          $rec/[1-3]
glob_letters        $rec/[a-e:2]
glob_names          -o "out_#1_#2" "$rec/{a,b}[1-2]"
glob_off            -g "$rec/{a,b}[1-2]"
glob_bad            $rec/{a
glob_escaped        -o "out_#1" '$rec/{a\,b,c}'
glob_bad_step       $rec/[1-3:x]
glob_bad_range      $rec/[3-1]

# --- TLS ---
tls                 $https/bytes/3
tls_expired         $expired/bytes/3
tls_not_yet         $notyet/bytes/3
tls_self_signed     $selfsigned/bytes/3
tls_untrusted       $untrusted/bytes/3
tls_wrong_host      $wronghost/bytes/3
tls_no_san          $nosan/bytes/3
tls_insecure        -k $selfsigned/bytes/3
tls_insecure_host   -k $wronghost/bytes/3
tls_no_ca           --cacert missing $https/bytes/3
pin                 --pinnedpubkey $pin $https/bytes/3
pin_wrong           --pinnedpubkey $pin_selfsigned $https/bytes/3
pin_backup          --pinnedpubkey "$pin_selfsigned;$pin" $https/bytes/3
pin_three           --pinnedpubkey "$pin_selfsigned;sha256//nonsense;$pin" $https/bytes/3
pin_bad_base64      --pinnedpubkey sha256//nonsense $https/bytes/3
pin_short           --pinnedpubkey sha256//AAAA $https/bytes/3
pin_empty           --pinnedpubkey sha256// $https/bytes/3
pin_semicolon       --pinnedpubkey "$pin;" $https/bytes/3
pin_no_prefix       --pinnedpubkey "$pin_selfsigned;$bare_pin" $https/bytes/3
pin_pem             --pinnedpubkey key.pem $https/bytes/3
pin_pem_text        --pinnedpubkey key.txt $https/bytes/3
pin_pem_cut         --pinnedpubkey cut.pem $https/bytes/3
pin_pem_indented    --pinnedpubkey indented.pem $https/bytes/3
pin_der             --pinnedpubkey key.der $https/bytes/3
pin_certificate     --pinnedpubkey not.pem $https/bytes/3
pin_no_file         --pinnedpubkey missing $https/bytes/3
pin_empty_file      --pinnedpubkey empty $https/bytes/3
pin_bad_certificate --pinnedpubkey $pin_selfsigned $selfsigned/bytes/3
pin_insecure        -k --pinnedpubkey $pin_selfsigned $selfsigned/bytes/3
pin_insecure_wrong  -k --pinnedpubkey $pin $selfsigned/bytes/3
pin_insecure_host   -k --pinnedpubkey $pin_wronghost $wronghost/bytes/3
pin_http            --pinnedpubkey $pin_selfsigned $http/bytes/3
pin_twice           --pinnedpubkey $pin_selfsigned --pinnedpubkey $pin $https/bytes/3
pin_next            --pinnedpubkey $pin_selfsigned $http/bytes/3 --next --cacert $ca $https/bytes/3
pin_redirect        -L --pinnedpubkey $pin_selfsigned "$http/redirect/1?to=$https/bytes/3"
pin_proxy           --pinnedpubkey $pin -x $tiny $https/bytes/3
pin_proxy_wrong     --pinnedpubkey $pin_selfsigned -x $tiny $https/bytes/3
pin_proxy_secure    --proxy-insecure --pinnedpubkey $pin -x $secure $https/bytes/3
tls_bad_ca          --cacert not.pem $https/bytes/3
tls_plain           https://localhost:$http_port/bytes/3
tls_garbage         https://localhost:$plain_tls_port/a
tls_12              --tlsv1.2 $https_tls12/bytes/3
tls_13_of_12        --tlsv1.3 $https_tls12/bytes/3
tls_max_12          --tls-max 1.2 $https_tls12/bytes/3
tls_max_12_of_13    --tls-max 1.2 $https_tls13/bytes/3
ciphers             --tls-max 1.2 --ciphers ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384 $https/bytes/3
ciphers_none_fits   --tls-max 1.2 --ciphers ECDHE-RSA-AES128-GCM-SHA256 $https/bytes/3
ciphers_13          --tls13-ciphers TLS_CHACHA20_POLY1305_SHA256 --tlsv1.3 $https/bytes/3
ciphers_bad         --tls-max 1.2 --ciphers NONSENSE $https/bytes/3
tls_max_bad         --tls-max 1.9 $https/bytes/3
http_on_tls         http://localhost:$https_port/bytes/3

# --- where to connect ---
resolve             --resolve api.example:$rec_port:127.0.0.1 http://api.example:$rec_port/a
resolve_two         --resolve api.example:$rec_port:127.0.0.1,::1 http://api.example:$rec_port/a
resolve_dead_first  --resolve api.example:$rec_port:127.9.9.9,[::1],127.0.0.1 http://api.example:$rec_port/a
resolve_two_4       -4 --resolve api.example:$rec_port:::1,127.0.0.1 http://api.example:$rec_port/a
resolve_two_bad     --resolve api.example:$rec_port:127.0.0.1,name http://api.example:$rec_port/a
resolve_star        --resolve *:$rec_port:127.0.0.1 http://any.example:$rec_port/a
resolve_ipv6        --resolve api.example:$rec_port:[::1] http://api.example:$rec_port/a
resolve_tls         --resolve api.example:$https_port:127.0.0.1 https://api.example:$https_port/bytes/3
resolve_bad         --resolve nonsense $rec/a
connect_to          --connect-to api.example:80:localhost:$rec_port http://api.example/a
connect_to_all      --connect-to ::localhost:$rec_port http://any.example/a
connect_to_other    --connect-to other.example:80:localhost:1 $rec/a
connect_to_bad      --connect-to a:b $rec/a
ipv4                -4 $rec/a
ipv6                -6 $rec/a
ipv4_of_ipv6        -4 http://[::1]:$rec_port/a

# --- passwords and cookies ---
user                -u me:secret $rec/a
user_colons         -u me:sec:ret $rec/a
user_empty          -u me: $rec/a
user_utf8           -u mü:sé $rec/a
user_and_header     -u me:secret -H "Authorization: Mine x" $rec/a
user_basic          --basic -u me:secret $rec/a
user_digest_not     --digest -u me:secret $rec/a
user_digest         --digest -u me:secret $digest/a
user_anyauth        --anyauth -u me:secret $basic/a
user_redirected     -L -u me:secret "$http/redirect/1?to=$rec/x"
user_trusted        -L --location-trusted -u me:secret "$http/redirect/1?to=$rec/x"
user_in_url         http://me:sec%20ret@localhost:$rec_port/a
user_in_url_only    http://me@localhost:$rec_port/a
user_in_url_other   -u other:one http://me:sec%20ret@localhost:$rec_port/a
user_in_url_digest  --digest http://me:secret@localhost:$digest_port/a
user_in_url_hop     -L "http://me:secret@localhost:$http_port/redirect/1?to=$rec/x"
user_in_url_same    -L "http://me:secret@localhost:$http_port/redirect/1?to=$http/echo"
user_in_url_netrc   --netrc-file netrc http://you:two@localhost:$rec_port/a
user_in_url_shown   -w "%{url} %{url_effective}" http://me:secret@localhost:$rec_port/a
user_in_url_bearer  --oauth2-bearer tok http://me:secret@localhost:$rec_port/a
user_in_url_at      http://me@you:two@localhost:$rec_port/a
user_in_location    -L "$http/redirect/1?to=http://me:secret@localhost:$rec_port/x"
netrc               --netrc-file netrc $rec/a
netrc_missing       --netrc-file missing $rec/a
netrc_other         --netrc-file netrc http://127.0.0.1:$rec_port/a
netrc_and_user      --netrc-file netrc -u me:secret $rec/a
cookie              -b "a=b; c=d" $rec/a
cookie_twice        -b a=b -b c=d $rec/a
cookie_file         -b jar $rec/a
cookie_no_file      -b missing $rec/a
cookie_and_header   -b a=b -H "Cookie: c=d" $rec/a
cookie_redirected   -L -b a=b "$http/redirect/1?to=$rec/x"
cookie_jar          -c out $sets/a
cookie_jar_stdout   -c - $sets/a
cookie_jar_keeps    -b jar -c out $sets/a
cookie_session      -j -b jar $rec/a
etag_save           --etag-save tag $tagged/a
etag_save_none      --etag-save tag $rec/a
etag_compare        --etag-compare etag $rec/a
etag_compare_none   --etag-compare missing $rec/a

# --- ranges ---
range               -r 2-4 $http/bytes/20
range_seen          -r 2-4 $rec/a
range_end           -r -5 $rec/a
range_open          -r 5- $rec/a
range_one           -r 5 $rec/a
range_several       -r 0-1,4-5 $rec/a
range_bad           -r x $rec/a
range_refused       -r 100- $beyond/a
range_refused_f     -f -r 100- $beyond/a
continue            -C 2 $part/a
continue_file       -C - -o old $part20/a
continue_new        -C - -o out $rec/a
continue_whole      -C 2 $rec/a
continue_refused    -C 2 $beyond/a
continue_bad        -C x $rec/a

# --- forms ---
form                -F a=b -F "c=d e" $rec/a
form_file           -F "f=@text" $rec/a
form_file_type      -F "f=@text;type=text/x-mine;filename=name.txt" $rec/a
form_text_of_file   -F "f=<text" $rec/a
form_string         --form-string "f=@text;type=x" $rec/a
form_two_files      -F "f=@text" -F "g=@binary" $rec/a
form_no_file        -F "f=@missing" $rec/a
form_bad            -F nothing $rec/a
form_and_data       -F a=b -d c=d $rec/a
form_type           -F "a=b;type=text/plain" $rec/a
form_type_charset   -F "f=@text; type=text/html; charset=utf-8 ;filename=name" $rec/a
form_quoted         -F 'f=@text;filename="a\"b"' $rec/a
form_put            -X PUT -F a=b $rec/a

# --- proxies ---
proxy               -x localhost:$rec_port http://a.example/b?c
proxy_url           -x http://localhost:$rec_port/ http://a.example/b
proxy_user          -x localhost:$rec_port -U me:secret http://a.example/b
proxy_userinfo      -x http://me:sec%20ret@localhost:$rec_port http://a.example/b
proxy_tunnel        -x $tiny $https/bytes/3
proxy_tunnel_auth   -x $tiny_auth -U user:password $https/bytes/3
proxy_tunnel_403    -x localhost:$refusing_port $https/bytes/3
proxy_tunnel_407    -x localhost:$asks_port $https/bytes/3
proxy_407           -i -x localhost:$asks_port http://a.example/b
proxy_include       -i -o out -x $tiny $https/bytes/3
proxy_refused       -x localhost:$refused_port http://a.example/b
proxy_unresolved    -x no-such-host.invalid:80 http://a.example/b
proxy_bad           -x "http://a b:80" http://a.example/b
proxy_secure        --proxy-insecure -x $secure $http/bytes/3
proxy_secure_tunnel --proxy-insecure -x $secure $https/bytes/30000
proxy_secure_user   --proxy-insecure -x $secure -U me:secret $https/bytes/3
proxy_secure_bad    -x $untrusted_proxy $http/bytes/3
proxy_secure_bad_2  -k -x $untrusted_proxy $https/bytes/3
proxy_secure_server --proxy-insecure -x $secure $expired/bytes/3
proxy_secure_403    --proxy-insecure -x $secure https://localhost:$refused_port/
proxy_secure_plain  -x https://localhost:$plain_tls_port $https/bytes/3
proxy_cacert        --proxy-cacert $ca -x $secure $https/bytes/3
noproxy             -x localhost:$rec2_port --noproxy localhost $rec/a
noproxy_all         -x localhost:$rec2_port --noproxy "*" $rec/a
noproxy_other       -x localhost:$rec2_port --noproxy a.example,b.example $rec/a

# --- compression ---
compressed          --compressed "$http/echo?_encode=gzip"
compressed_deflate  --compressed "$http/bytes/1000?_encode=deflate"
compressed_plain    --compressed $http/bytes/3
compressed_bad      --compressed $zip/a
compressed_brotli   --compressed $brotli/a
not_asked_gzip      $zip/a
compressed_include  --compressed -i -o out "$http/bytes/1000?_encode=gzip"

# --- retries ---
retry_once          --retry 2 --retry-delay 1 $rule
retry_after         --retry 1 $rule
retry_404           --retry 1 --retry-delay 1 $rule
retry_all_404       --retry 1 --retry-delay 1 --retry-all-errors -f $rule
retry_spent         --retry 1 --retry-delay 1 $rule
retry_post          --retry 1 --retry-delay 1 -d a=b $rule
retry_max_time      --retry 1 --retry-max-time 1 $rule
retry_to_file       --retry 1 --retry-delay 1 -o out $rule
retry_refused       --retry 1 --retry-delay 1 $refused/a
retry_w             --retry 1 --retry-delay 1 -w "%{num_retries}\n" $http/status/503
rate                --rate 3600/h $rec/a

# --- several, groups, files of options ---
next                -d a=b $rec/a --next -H "X-A: b" $rec2/b
next_output         -o one $rec/a --next -o two $rec/b
next_fail           -f $gone/a --next $rec/b
next_empty          --next $rec/a
config              -K notes $rec/a
config_stdin        -K - $rec/a
config_missing      -K missing $rec/a
several             $rec/a $rec2/b
several_sizes       $http/bytes/20000 $rec/b $http/bytes/5
parallel            -Z $rec/a $rec/b
unknown_option      --no-such-option $rec/a
missing_value       $rec/a -o
bad_number          -m abc $rec/a
negative            -m -1 $rec/a
silent_error        -sS $refused/a
no_buffer           -N $rec/a
"""
