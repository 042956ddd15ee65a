#include "mount-tools/logging.h"

#include <fcntl.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>
#include <syslog.h>

#include <cstdio>
#include <filesystem>
#include <memory>

#include "core/base/log.h"
#include "mount-tools/text.h"

namespace neurofs::tools {
namespace {

// spdlog would make the directory of a misspelt path.
Status check_folder(const std::string& file) {
  if (file.empty()) return {};
  const std::filesystem::path folder = std::filesystem::absolute(file).parent_path();
  std::error_code ignored;
  if (std::filesystem::is_directory(folder, ignored)) return {};
  return not_found("cannot log to '" + file + "': there is no directory " + folder.string());
}

std::shared_ptr<spdlog::sinks::sink> make_sink(const LogOptions& options) {
  if (!options.file.empty()) {
    spdlog::file_event_handlers handlers;
    handlers.after_open = [](const spdlog::filename_t&, std::FILE* file) {
      fcntl(fileno(file), F_SETFD, FD_CLOEXEC);  // a helper of the mount must not keep it open
    };
    return std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file, false, handlers);
  }
  if (options.background) {
    return std::make_shared<spdlog::sinks::syslog_sink_mt>("neurofs", LOG_PID, LOG_DAEMON, false);
  }
  return std::make_shared<spdlog::sinks::stderr_sink_mt>();
}

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      break;
  }
  return spdlog::level::err;
}

}  // namespace

Status set_up_logging(const LogOptions& options) {
  const auto level = spdlog::level::from_str(options.level);
  if (level == spdlog::level::off && options.level != "off") {
    return invalid_argument("log level '" + options.level +
                            "' is not known; known are debug, info, warning, error, off");
  }
  NF_TRY(check_folder(options.file));
  try {
    auto logger = std::make_shared<spdlog::logger>("neurofs", make_sink(options));
    logger->set_level(level);
    logger->flush_on(spdlog::level::info);
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
    set_log_sink([logger](LogLevel at, std::string_view message) {
      logger->log(to_spdlog(at), spdlog::string_view_t(printable(message)));
    });
  } catch (const spdlog::spdlog_ex& e) {
    return io_error(std::string("cannot log to '") + options.file + "': " + e.what());
  }
  return {};
}

}  // namespace neurofs::tools
