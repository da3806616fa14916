/* SPDX-License-Identifier: MIT */
/*
 * The extension is two lists of subtrees, the permitted and the excluded; a subtree is the base of
 * a form of name (a domain, a range of addresses, …). Each name of the certificate is compared with
 * each subtree of its own form: an excluded one must not hold it, and if there are permitted ones
 * of that form, one of them must. A doubtful comparison counts against the certificate.
 */
#include "io/name_constraints.h"

#include "midge/config.h"

#if MIDGE_WITH_CHAIN_CHECKS

#include <string.h>

#include <mbedtls/asn1.h>

#include "base/span.h"

#define SEQUENCE (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE)
#define SET      (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SET)

/* --- text --- */

static bool same_text(const unsigned char *a, const unsigned char *b, size_t len)
{
    return midge__span_eq_nocase(midge__span((const char *)a, len),
                                 midge__span((const char *)b, len));
}

static bool ends_with(const struct midge__der *text, const struct midge__der *tail)
{
    size_t len = midge__der_len(*tail);
    return midge__der_len(*text) >= len && same_text(text->end - len, tail->at, len);
}

static unsigned char *find(const struct midge__der *text, int c)
{
    return memchr(text->at, c, midge__der_len(*text));
}

/* --- GeneralName (RFC 5280 4.2.1.6) --- */

enum form {
    FORM_RFC822 = 1,
    FORM_DNS = 2,
    FORM_DIRECTORY = 4,
    FORM_IP = 7,
    FORMS = 9 /* the others: otherName, x400, ediParty, URI, registeredID */
};

/* otherName, x400Address, directoryName and ediPartyName are constructed. */
#define CONSTRUCTED_FORMS 0x39U

struct name {
    unsigned form;
    struct midge__der value; /* of a directoryName: the content of its SEQUENCE */
};

static bool next_name(struct midge__der *in, struct name *name)
{
    int tag = midge__der_next(in, &name->value);
    if (tag < 0 || (tag & MBEDTLS_ASN1_TAG_CLASS_MASK) != MBEDTLS_ASN1_CONTEXT_SPECIFIC) {
        return false;
    }
    name->form = (unsigned)tag & MBEDTLS_ASN1_TAG_VALUE_MASK;
    bool constructed = (tag & MBEDTLS_ASN1_CONSTRUCTED) != 0;
    if (name->form >= FORMS || constructed != ((CONSTRUCTED_FORMS >> name->form & 1) != 0)) {
        return false;
    }
    struct midge__der outer = name->value;
    return name->form != FORM_DIRECTORY || midge__der_only(&outer, SEQUENCE, &name->value);
}

/* --- whether a name is in a subtree --- */

/* A wildcard stands for many names, each with one label in its place. Could one of them be the
   name of the subtree? */
static bool is_wildcard_for(const struct midge__der *name, struct midge__der base)
{
    struct midge__der rest = *name;
    unsigned char *dot = find(name, '.');
    if (find(name, '*') == NULL) {
        return false;
    }
    rest.at = dot != NULL ? dot : rest.at + midge__der_len(rest);
    if (find(&rest, '*') != NULL) {
        return true; /* a wildcard outside of the first label has no defined meaning */
    }
    if (!ends_with(&base, &rest)) {
        return false;
    }
    base.end -= midge__der_len(rest);
    return find(&base, '.') == NULL;
}

/* Is the host equal to base, or below it? Names below count if base begins with a dot or below_any
   is set. A host with a dot at its end (absolute) is the same host without it. */
static enum midge__match host_match(struct midge__der host, const struct midge__der *base,
                                    bool below_any)
{
    if (host.at != host.end && host.end[-1] == '.') {
        --host.end;
    }
    size_t len = midge__der_len(*base), more = midge__der_len(host) - len;
    if (len == 0 || (ends_with(&host, base) &&
                     (more == 0 || *base->at == '.' || (below_any && host.at[more - 1] == '.')))) {
        return MIDGE__MATCH_YES;
    }
    return is_wildcard_for(&host, *base) ? MIDGE__MATCH_UNKNOWN : MIDGE__MATCH_NO;
}

/* Splits the mailbox at the last @, as earlier ones can stand in quotes; false without @. */
static bool split_mailbox(struct midge__der *mailbox, struct midge__der *local)
{
    *local = *mailbox;
    while (local->end != local->at) {
        if (*--local->end == '@') {
            mailbox->at += local->end - local->at + 1;
            return true;
        }
    }
    return false;
}

/* Each server decides whether the case of the part before @ matters. */
static enum midge__match local_match(const struct midge__der *a, const struct midge__der *b)
{
    size_t len = midge__der_len(*a);
    if (len != midge__der_len(*b) || !same_text(a->at, b->at, len)) {
        return MIDGE__MATCH_NO;
    }
    return memcmp(a->at, b->at, len) == 0 ? MIDGE__MATCH_YES : MIDGE__MATCH_UNKNOWN;
}

/* Quotes allow many spellings of one mailbox. An attribute of the subject may be in an encoding
   with NULs. */
static enum midge__match mail_match(struct midge__der name, struct midge__der base)
{
    struct midge__der local, base_local;
    if (!split_mailbox(&name, &local)) {
        return MIDGE__MATCH_UNKNOWN;
    }
    enum midge__match box =
        split_mailbox(&base, &base_local) ? local_match(&local, &base_local) : MIDGE__MATCH_YES;
    enum midge__match host = host_match(name, &base, false);
    host = box < host ? box : host;
    return host == MIDGE__MATCH_NO && (find(&local, '"') != NULL || find(&name, '\0') != NULL)
               ? MIDGE__MATCH_UNKNOWN
               : host;
}

static enum midge__match ip_match(const struct midge__der *name, const struct midge__der *base)
{
    size_t len = midge__der_len(*name);
    if (len != 4 && len != 16) {
        return MIDGE__MATCH_UNKNOWN;
    }
    if (2 * len != midge__der_len(*base)) {
        return MIDGE__MATCH_NO;
    }
    for (size_t i = 0; i < len; ++i) {
        if (((name->at[i] ^ base->at[i]) & base->at[len + i]) != 0) {
            return MIDGE__MATCH_NO;
        }
    }
    return MIDGE__MATCH_YES;
}

/* Both are of the same form. */
static enum midge__match match(const struct name *name, const struct name *base)
{
    switch (name->form) {
    case FORM_RFC822:
        return mail_match(name->value, base->value);
    case FORM_DNS:
        return host_match(name->value, &base->value, true);
    case FORM_DIRECTORY:
        return midge__dn_within(name->value, base->value);
    case FORM_IP:
        return ip_match(&name->value, &base->value);
    default:
        return MIDGE__MATCH_UNKNOWN;
    }
}

/* --- reading the extension --- */

/* Is host a legal base: dots only between labels and at the front, no wildcard? The empty base
   holds every name. A base that no name can match is refused, as it would exclude nothing. */
static bool is_host(struct midge__der host)
{
    for (const unsigned char *at = host.at; at != host.end; ++at) {
        char c = (char)*at;
        bool empty_label = c == '.' && (at + 1 == host.end || at[1] == '.');
        if (empty_label ||
            !(midge__is_alpha(c) || midge__is_digit(c) || c == '.' || c == '-' || c == '_')) {
            return false;
        }
    }
    return true;
}

static bool is_mail_base(struct midge__der base)
{
    struct midge__der local;
    bool mailbox = split_mailbox(&base, &local);
    return is_host(base) && !(mailbox && (base.at == base.end || *base.at == '.'));
}

/* Address and mask; the mask's ones come first. */
static bool is_range(struct midge__der base)
{
    size_t len = midge__der_len(base);
    unsigned above = 0xFF;
    if (len != 8 && len != 32) {
        return false;
    }
    for (size_t i = len / 2; i < len; ++i) {
        unsigned mask = base.at[i], zeros = mask ^ 0xFF;
        if ((zeros & (zeros + 1)) != 0 || (above != 0xFF && mask != 0)) {
            return false;
        }
        above = mask;
    }
    return true;
}

/* Takes the next attribute from the current RDN or, when that is empty, from the rest of the Name:
   1, 0 at its end, negative if malformed. Start with rdn empty. */
static int next_attribute(struct midge__der *name, struct midge__der *rdn, struct midge__der *oid,
                          struct midge__der *value)
{
    struct midge__der pair;
    if (rdn->at == rdn->end) {
        if (name->at == name->end) {
            return 0;
        }
        if (midge__der_next(name, rdn) != SET) {
            return -1;
        }
    }
    bool ok = midge__der_next(rdn, &pair) == SEQUENCE &&
              midge__der_next(&pair, oid) == MBEDTLS_ASN1_OID &&
              midge__der_next(&pair, value) >= 0 && pair.at == pair.end;
    return ok ? 1 : -1;
}

static bool is_dn(struct midge__der name)
{
    struct midge__der rdn = midge__der(NULL, 0), oid, value;
    int more;
    do {
        more = next_attribute(&name, &rdn, &oid, &value);
    } while (more > 0);
    return more == 0;
}

static bool is_base(const struct name *base)
{
    switch (base->form) {
    case FORM_RFC822:
        return is_mail_base(base->value);
    case FORM_DNS:
        return is_host(base->value);
    case FORM_DIRECTORY:
        return is_dn(base->value);
    case FORM_IP:
        return is_range(base->value);
    default:
        return true;
    }
}

/* The minimum is 0, the default, which DER omits. RFC 5280 allows no other minimum and no
   maximum. */
static bool next_subtree(struct midge__der *list, struct name *base)
{
    static const unsigned char minimum[] = {MBEDTLS_ASN1_CONTEXT_SPECIFIC, 1, 0};
    struct midge__der tree;
    if (midge__der_next(list, &tree) != SEQUENCE || !next_name(&tree, base)) {
        return false;
    }
    return tree.at == tree.end || (midge__der_len(tree) == sizeof minimum &&
                                   memcmp(tree.at, minimum, sizeof minimum) == 0);
}

/* lists[0] are the permitted subtrees, lists[1] the excluded. One list may be absent; a list that
   is present has at least one subtree. */
static bool read_lists(const struct midge__extension *c, struct midge__der lists[2])
{
    struct midge__der value = c->value, both;
    if (!midge__der_only(&value, SEQUENCE, &both) || both.at == both.end) {
        return false;
    }
    for (int i = 0; i < 2; ++i) {
        const int tag = MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_ASN1_CONSTRUCTED | i;
        lists[i] = midge__der(NULL, 0);
        if (both.at != both.end && *both.at == tag &&
            (midge__der_next(&both, &lists[i]) < 0 || lists[i].at == lists[i].end)) {
            return false;
        }
    }
    return both.at == both.end;
}

/* --- checking --- */

struct check {
    bool critical;
    struct midge__der lists[2];
    unsigned *budget;
};

/* Is the name excluded, or not permitted? name NULL: are all subtrees readable? */
static enum midge__constraint check_list(const struct check *check, unsigned exclude,
                                         const struct name *name)
{
    struct midge__der list = check->lists[exclude];
    struct name base;
    bool asked = false, inside = exclude != 0;
    while (list.at != list.end) {
        if (name != NULL) {
            if (*check->budget == 0) {
                return MIDGE__CONSTRAINT_TOO_MANY;
            }
            --*check->budget;
        }
        if (!next_subtree(&list, &base) || (name == NULL && !is_base(&base))) {
            return MIDGE__CONSTRAINT_MALFORMED;
        }
        if (name == NULL || base.form != name->form) {
            continue;
        }
        bool found = (unsigned)match(name, &base) + exclude >= MIDGE__MATCH_YES;
        if (exclude != 0 && found) {
            return MIDGE__CONSTRAINT_BROKEN;
        }
        asked = true;
        inside = inside || found;
    }
    return asked && !inside ? MIDGE__CONSTRAINT_BROKEN : MIDGE__CONSTRAINT_KEPT;
}

static enum midge__constraint check_both(const struct check *check, const struct name *name)
{
    enum midge__constraint result = check_list(check, 0, name);
    return result != MIDGE__CONSTRAINT_KEPT ? result : check_list(check, 1, name);
}

#define KNOWN_FORMS (1U << FORM_RFC822 | 1U << FORM_DNS | 1U << FORM_DIRECTORY | 1U << FORM_IP)

static enum midge__constraint check_name(const struct check *check, const struct name *name)
{
    if (!check->critical && (KNOWN_FORMS >> name->form & 1) == 0) {
        return MIDGE__CONSTRAINT_KEPT;
    }
    return check_both(check, name);
}

/* The subject as a directoryName, and its emailAddress attributes (1.2.840.113549.1.9.1). */
static enum midge__constraint check_subject(const struct check *check, struct midge__der subject)
{
    static const unsigned char email[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x01};
    struct name name = {.form = FORM_DIRECTORY};
    struct midge__der rdn = midge__der(NULL, 0), oid, value;
    if (midge__der_next(&subject, &name.value) != SEQUENCE) {
        return MIDGE__CONSTRAINT_MALFORMED;
    }
    struct midge__der rdns = name.value;
    enum midge__constraint result =
        rdns.at == rdns.end ? MIDGE__CONSTRAINT_KEPT : check_name(check, &name);
    int more = 1;
    while (result == MIDGE__CONSTRAINT_KEPT && more > 0) {
        more = next_attribute(&rdns, &rdn, &oid, &value);
        if (more < 0) {
            return MIDGE__CONSTRAINT_MALFORMED;
        }
        if (more > 0 && midge__der_len(oid) == sizeof email &&
            memcmp(oid.at, email, sizeof email) == 0) {
            name = (struct name){FORM_RFC822, value};
            result = check_name(check, &name);
        }
    }
    return result;
}

enum midge__constraint midge__name_constraints_check(const struct midge__extension *c,
                                                     const struct midge__cert_names *names,
                                                     unsigned *budget)
{
    struct check check = {.critical = c->critical, .budget = budget};
    struct midge__der list = midge__der(NULL, 0);
    struct name name;
    if (!read_lists(c, check.lists)) {
        return MIDGE__CONSTRAINT_MALFORMED;
    }
    if (names == NULL) {
        return check_both(&check, NULL);
    }
    struct midge__der value = names->alt_names;
    if (value.at != value.end && !midge__der_only(&value, SEQUENCE, &list)) {
        return MIDGE__CONSTRAINT_MALFORMED;
    }
    enum midge__constraint result = check_subject(&check, names->subject);
    while (result == MIDGE__CONSTRAINT_KEPT && list.at != list.end) {
        result = next_name(&list, &name) ? check_name(&check, &name) : MIDGE__CONSTRAINT_MALFORMED;
    }
    return result;
}

#endif
