// AwsCredentials: the keys of the moment, from the usual chain, kept fresh.
//
//   anonymous | AWS_ACCESS_KEY_ID, ... | profile in the shared files | container | EC2 instance
// A profile that was asked for by option passes over the environment. Web identity, SSO, assumed roles and
// credential_process are not read; the message that says so tells what to do instead.
//
// Purpose: what holds for a whole mount: files are read anew when they change (looked at once a second, ten times
// while their keys are refused, by one thread, while no lock is held that others need), temporary keys are fetched
// again five minutes before they expire (by one thread; the others go on with the old ones), and once when
// the server refuses them. Thread-safety: every method from any thread; keys() may wait for an endpoint
// until the deadline, refused() never waits. Ownership: copies its options. Errors: kPermission, naming
// where was looked; failures are not kept. Messages never hold a key.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "core/storage/s3/aws_metadata.h"

namespace neurofs {

class AwsCredentials {
 public:
  struct Options {
    bool anonymous = false;
    std::string profile;  // "" for AWS_PROFILE, "default"
    Environment environment = system_environment;
    AwsFetch fetch;  // for endpoints; null: none is asked
    std::function<std::chrono::system_clock::time_point()> now = std::chrono::system_clock::now;
  };

  explicit AwsCredentials(Options options) : options_(std::move(options)) {}

  // Nothing: requests are not signed.
  Result<std::optional<AwsKeys>> keys(AwsDeadline deadline);

  // The server refused the keys that keys() gave. True when asking again may help: they were
  // replaced lately, or will be looked for anew by the next keys().
  bool refused();

  // The next keys() looks for them, however fresh they are; where it finds none, the old ones stay.
  void look_anew();

  // "the environment", "~/.aws/credentials [default]": for messages.
  std::string source() const;

 private:
  using Time = std::chrono::system_clock::time_point;
  // With mutex_ held.
  bool has_expired() const;
  bool is_usable() const;
  bool are_from_files() const;
  bool is_fresh() const;
  // With loading_ held.
  bool files_have_changed();
  Status load(AwsDeadline deadline);
  Result<FoundKeys> look(AwsDeadline deadline, bool on_instance) const;
  Result<std::optional<FoundKeys>> look_in_files() const;

  const Options options_;
  std::mutex loading_;  // held by the thread that looks for keys; taken before mutex_
  mutable std::mutex mutex_;
  std::optional<FoundKeys> found_;  // these and below guarded by mutex_
  std::string files_version_;       // of the files when found_ was looked for
  Time files_seen_{};               // when they were last looked at
  bool look_anew_ = false;
  Time next_refresh_{};
  std::optional<Time> changed_;  // when found_ last became another
  std::optional<Time> refused_;  // when refused() last asked for a look
};

}  // namespace neurofs
