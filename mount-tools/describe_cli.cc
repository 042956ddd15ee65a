// describe_cli man|completion: the manual page neurofs.1 or the bash completion, from the same tree
// of commands that the program parses, so that they cannot disagree with --help.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "mount-tools/commands.h"
#include "mount-tools/plugin_list.h"
#include "mount-tools/remote_args.h"

namespace neurofs::tools {
namespace {

// roff reads a leading dot or quote and every backslash; a bare '-' may become a hyphen.
std::string roff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

std::string option_names(const CLI::Option& option) {
  std::string names = option.get_name(false, true);
  for (size_t at = 0; (at = names.find(',', at)) != std::string::npos; at += 2) {
    names.replace(at, 1, ", ");
  }
  return names;
}

bool takes_value(const CLI::Option& option) {
  return option.get_items_expected_max() > 0;
}

void print_option(const CLI::Option& option) {
  fmt::print(".TP\n\\fB{}\\fR", roff(option_names(option)));
  if (takes_value(option) && option.nonpositional()) fmt::print(" \\fI{}\\fR", "VALUE");
  const std::string fallback = option.get_default_str();
  fmt::print("\n{}{}\n", roff(option.get_description()),
             fallback.empty() ? "" : roff(" (default: " + fallback + ")"));
}

// Those are the same for many commands, and described once.
bool is_remote(const CLI::Option& option) {
  return option.get_group() == kRemoteGroup;
}

std::string synopsis(const CLI::App& command) {
  std::string text;
  for (const CLI::Option* option : command.get_options()) {
    if (option->nonpositional()) continue;
    const std::string name = option->get_name(true, false);
    text += option->get_required() ? " " + name : " [" + name + "]";
  }
  return text;
}

void print_command(const CLI::App& command, const std::string& prefix) {
  const std::string name = prefix + command.get_name();
  fmt::print(".SS \"{}{} [options]\"\n{}.\n", roff(name), roff(synopsis(command)),
             roff(command.get_description()));
  for (const std::string& alias : command.get_aliases()) {
    fmt::print("Also\n.BR \"{}\" .\n", roff(prefix + alias));
  }
  bool remote = false;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_name() == "--help" || option->get_name() == "-h,--help") continue;
    if (is_remote(*option)) {
      remote = true;
    } else {
      print_option(*option);
    }
  }
  if (remote) fmt::print(".PP\nThe options of REMOTE STORES as well.\n");
  for (const CLI::App* inner : command.get_subcommands({})) print_command(*inner, name + " ");
  if (!command.get_footer().empty()) fmt::print(".PP\n{}\n", roff(command.get_footer()));
}

// What a mount shows and how a raw file is described: what no option can say.
constexpr std::string_view kSections = R"(.SH FILES OF A MOUNT
A field's directory holds, each also as .raw and as .txt (fixed width):
.TP
.I field.npy
the whole field in C order.
.TP
.I neurons/42.npy, neurons/12,7.npy
one neuron, by its index along the neuron axes: the leading ones, all but the last unless
.B \-\-neuron\-axes
or the attribute neurofs.neuron_axes say otherwise. Where people browse, directories of at most 1000
entries lead to the same files: neurons/42/000/000/42000000000.npy.
.TP
.I regions/0:100,5,::2.npy
any slice as NumPy writes it; regions/v1.npy is one that
.B neurofs region add
has named.
.TP
.I @relu,f16/
a lens: the same files again, transformed while they are read; found by name, not listed. See LENSES.
.TP
.I @shuffle=42/, @take=train/
the neurons in another order: the same files again. See ORDERS.
.TP
.I .neurofs/
field.json, stats.json and metrics; at the root of the mount also status.json, and errors: the arrays
that are not shown, the newest names that are no lenses and the newest reads that failed, with the reason.
.PP
bfloat16 and float8 have no type in NumPy: they load as |V2 and |V1. With the Python package
ml_dtypes, array.view("bfloat16") or array.view("float8_e4m3fn") gives the numbers.
)";

constexpr std::string_view kRemoteStores = R"(.SH REMOTE STORES
Fields in s3://BUCKET/PREFIX, http(s)://HOST/PATH and rados://POOL/PREFIX are named by their URL. Where a
command names two stores, its options hold for both. Secrets are never options: S3's keys come from the
environment, ~/.aws or a role; those of HTTP from
.B \-\-auth\-file
or the variable NEUROFS_HTTP_AUTH; those of Ceph from its configuration. The options:
)";

constexpr std::string_view kConsistency = R"(.SH CONSISTENCY AND CACHES
A read gives bytes of one version of each object, or an error: Stale file handle (ESTALE) where an object
changes faster than it can be read, Connection timed out (ETIMEDOUT) after
.BR \-\-deadline ,
Permission denied (EACCES) where the store answers 401 or 403, else Input/output error (EIO); the log and
the file .neurofs/errors say why. Every
.B \-\-revalidate
seconds the objects that were read lately are looked at; what RAM and the kernel have of one that has changed
is dropped then, or at once by
.BR "neurofs refresh" .
Another shape, type or attribute is seen by the next mount. What is not stored reads as the fill value; in HTTP
stores every 404 and 410 means that.
.PP
.B \-\-cache\-dir
keeps what a remote store gave, as it came, across mounts and crashes; each entry is checked when it is read. The
directory belongs to the user who mounts, mode 0700. Mounts that name the same directory share it and its size. It
shrinks where others fill the disk, and is off, with a warning, while the disk cannot be used.
)";

constexpr std::string_view kSurroundings = R"(.SH ENVIRONMENT
.TP
.B AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
Keys for S3; unless
.B \-\-profile
names others, they come before those of files.
.TP
.B AWS_PROFILE, AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE
The profile, and other files than those of ~/.aws.
.TP
.B AWS_REGION, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL
As
.B \-\-region
and
.BR \-\-endpoint ,
which come first.
.TP
.B AWS_CONTAINER_CREDENTIALS_FULL_URI, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI
Where a container asks for the keys of its role, with the AWS_CONTAINER_AUTHORIZATION_TOKEN or _TOKEN_FILE.
.TP
.B AWS_EC2_METADATA_DISABLED
"true": the machine is not asked for the keys of its role.
.TP
.B NEUROFS_HTTP_AUTH
As the text of
.BR \-\-auth\-file .
.TP
.B http_proxy, https_proxy, no_proxy
As curl takes them; a role's keys are asked for directly.
.TP
.B CEPH_CONF
As
.BR \-\-ceph\-conf .
.PP
Role, SSO, process and web identity entries (role_arn, sso_session, credential_process, AWS_WEB_IDENTITY_TOKEN_FILE)
are refused: set the variables above to what
.B aws configure export\-credentials \-\-format env
prints.
.SH FILES
.TP
.I ~/.aws/config, ~/.aws/credentials
Profiles for S3, of the user who mounts (at boot see mount.neurofs(8)). Changed keys are taken up by themselves.
.TP
.I /etc/ceph/ceph.conf
For rados://, unless another is named.
.SH SIGNALS
To the daemon, whose PID
.B neurofs status
shows.
.TP
.B SIGHUP
Keys are read again, of files and of roles.
.TP
.B SIGTERM, SIGINT
The mount ends when the reads under way have ended, after 5 seconds at the latest; a second one ends it at once.
)";

constexpr std::string_view kLenses = R"(.SH LENSES
The name of a lens is @ and steps joined by commas, each applied to what the one before it gives; a step
with values is written NAME=VALUE or NAME=VALUE:VALUE. Lenses nest: @relu/@f16 is @relu,f16. Where a field
has an activation
.RB ( "neurofs create \-\-activation" ,
the attribute neurofs.activation), its files are shown through that lens, and @raw stands for what is
stored: @raw/ or @raw,f16/.
.B neurofs explain\-name
says what a name means, or why it is not one. The steps:
)";

constexpr std::string_view kOrders = R"(.SH ORDERS
A directory below a field's, or below a lens, in which the neurons stand in another order. A path has one
order; lenses may come before and after it. The order of a seed is the same everywhere and for ever: the README has it in
Python.
.TP
.B @shuffle=SEED
all neurons, shuffled; SEED is 0 to 2^64 - 1. With
.BR block=B ,
runs of B neighbours are shuffled, then the neurons of every
.B buffer=K
runs (16) among themselves: fewer bytes are fetched, in larger reads, and K x B neurons are in memory at a time.
.TP
.B rank=R,world=W
behind either of them: share R (from 0) of W shares of that order. They are disjoint, and together all of it. Their
sizes are equal to within one neuron: workers who must do the same number of steps stop after floor(N / W) neurons.
.TP
.B @take=NAME
the neurons of a list that
.B neurofs selection add
has stored with the field.
.PP
A share and a list have one axis of neurons, numbered in C order where the field has several, and no named regions,
which are slices of the field's shape. Attributes:
user.neurofs.order names the order, user.neurofs.stored_neuron the neuron that a file of neurons/ shows. A name that is no order is
No such file or directory;
.B neurofs explain\-name
says why.
)";

constexpr std::string_view kRawFiles = R"(.SH RAW FILES
A file of elements and nothing else is a field when a description lies beside it: of
.I activations.bin
it is
.IR activations.bin.json .
.PP
.nf
{"shape": [86000, 1000], "dtype": "float32"}
.fi
.PP
Its members; a name that is not one of them is an error:
.TP
.B shape
Elements per axis, at most 32 axes. Required.
.TP
.B dtype
As for
.BR "neurofs create \-\-dtype" ,
or NumPy's short name, such as "f4". Required.
.TP
.B order
"C" (the last axis varies fastest) or "F". Default "C".
.TP
.B byte_order
"little" or "big". Default "little".
.TP
.B offset
Bytes before the first element. Default 0.
.TP
.B trailing
"refuse": bytes after the last element mean that the shape is wrong; "ignore": they are left out.
Default "refuse".
.TP
.B dimension_names
A list of the axes' names. Default none.
.TP
.B attributes
An object, such as {"neurofs.neuron_axes": 1}. Default none.
)";

void print_lenses() {
  fmt::print("{}", kLenses);
  for (const PluginKind& plugins : list_plugins()) {
    if (plugins.kind != "lenses") continue;
    for (const auto& [name, plugin] : plugins.plugins) {
      const std::string usage = plugin.options.empty() ? "@" + name : plugin.options;
      fmt::print(".TP\n.B {}\n{}\n", roff(usage), roff(plugin.description));
    }
  }
}

void print_remote_stores() {
  CLI::App command;
  RemoteOptions defaults;
  add_remote_args(command, defaults);
  fmt::print("{}", kRemoteStores);
  for (const CLI::Option* option : command.get_options()) {
    if (is_remote(*option)) print_option(*option);
  }
}

void print_man(const CLI::App& app) {
  fmt::print(".TH NEUROFS 1 \"\" \"neurofs {}\" \"NeuroFS\"\n.SH NAME\nneurofs \\- {}\n",
             NEUROFS_VERSION, "mount an array; every neuron is a file");
  fmt::print(".SH SYNOPSIS\n.B neurofs\n\\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n.SH DESCRIPTION\n{}\n",
             roff(app.get_footer()));
  fmt::print(".SH COMMANDS\n");
  for (const CLI::App* command : app.get_subcommands({})) print_command(*command, "");
  fmt::print("{}", kSections);
  print_remote_stores();
  fmt::print("{}", kConsistency);
  print_lenses();
  fmt::print("{}", kOrders);
  fmt::print("{}{}", kRawFiles, kSurroundings);
  fmt::print(
      ".SH EXIT STATUS\n0: done. 1: failed, the reason is on standard error. 2: used wrongly.\n"
      ".SH SEE ALSO\n.BR mount.neurofs (8),\n.BR fusermount3 (1),\n.BR fuser (1)\n");
}

// Its commands and options, and the options of its commands, each once.
void add_words(const CLI::App& command, std::vector<std::string>& words) {
  const auto add = [&words](std::string word) {
    if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
  };
  const auto inner = command.get_subcommands({});
  for (const CLI::App* app : inner) {
    add(app->get_name());
    for (const std::string& alias : app->get_aliases()) add(alias);
  }
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) add("--" + name);
  }
  if (command.get_parent() == nullptr) return;
  for (const CLI::App* app : inner) add_words(*app, words);
}

std::string words_of(const CLI::App& command) {
  std::vector<std::string> words;
  add_words(command, words);
  return fmt::format("{}", fmt::join(words, " "));
}

// The names of a kind of plugin, as one word list.
std::string names_of(std::string_view kind) {
  std::string names;
  for (const PluginKind& plugins : list_plugins()) {
    if (plugins.kind != kind) continue;
    for (const auto& [name, plugin] : plugins.plugins) names += (names.empty() ? "" : " ") + name;
  }
  return names;
}

// What may follow an option, and what a mount's directory may be.
void print_values() {
  constexpr std::pair<std::string_view, std::string_view> kValues[] = {
      {"--policy", "policies"}, {"--predictor", "predictors"}, {"--dtype", "dtypes"}};
  fmt::print("  case ${{COMP_WORDS[COMP_CWORD-1]}} in\n");
  for (const auto& [option, kind] : kValues) {
    fmt::print("    {}) values=\"{}\" ;;\n", option, names_of(kind));
  }
  fmt::print(
      "    umount | stats | refresh)\n"
      "      [[ $COMP_CWORD -ne 2 || $cur == -* ]] ||\n"
      "        values=$(awk '$3 == \"fuse.neurofs\" {{ print $2 }}' /proc/self/mounts)\n"
      "      ;;\n  esac\n");
}

// A test of bash: whether the first word is a command that has commands.
std::string has_commands(const CLI::App& app) {
  std::string names;
  for (const CLI::App* command : app.get_subcommands({})) {
    if (command->get_subcommands({}).empty()) continue;
    names += (names.empty() ? "" : "|") + command->get_name();
  }
  return "${COMP_WORDS[1]} =~ ^(" + names + ")$";
}

void print_completion(const CLI::App& app) {
  fmt::print(
      "# bash completion for neurofs; made by describe_cli, do not edit\n_neurofs() {{\n"
      "  local cur=${{COMP_WORDS[COMP_CWORD]}} words= values=\n  COMPREPLY=()\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    words=\"{}\"\n  else\n"
      "    case ${{COMP_WORDS[1]}} in\n",
      words_of(app));
  for (const CLI::App* command : app.get_subcommands({})) {
    fmt::print("      {}) words=\"{}\" ;;\n", command->get_name(), words_of(*command));
  }
  fmt::print("    esac\n  fi\n");
  print_values();
  fmt::print(
      "  if [ -n \"$values\" ]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -W \"$values\" -- \"$cur\")\n    return\n  fi\n"
      "  if [[ $cur == -* || $COMP_CWORD -eq 1 || ( $COMP_CWORD -eq 2 && {} ) ]]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n  fi\n"
      "  [ ${{#COMPREPLY[@]}} -gt 0 ] || mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
      "}}\ncomplete -o filenames -F _neurofs neurofs\n",
      has_commands(app));
}

}  // namespace
}  // namespace neurofs::tools

int main(int argc, char** argv) {
  int unused = 0;
  const auto app = neurofs::tools::make_app(unused);
  const std::string what = argc == 2 ? argv[1] : "";
  if (what == "man") {
    neurofs::tools::print_man(*app);
  } else if (what == "completion") {
    neurofs::tools::print_completion(*app);
  } else {
    std::cerr << "usage: describe_cli man|completion\n";
    return 2;
  }
  return 0;
}
