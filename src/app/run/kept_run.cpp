// KeptRun: a run in its folder, from its description to its report.
#include "deltarule/kept_run.hpp"

#include "app/engine/unwrap.hpp"
#include "app/fit/fit_kept.hpp"
#include "app/run/description.hpp"
#include "app/run/folder.hpp"
#include "app/run/folder_keeper.hpp"
#include "io/atomic_file.hpp"
#include "io/digest.hpp"
#include "io/file.hpp"
#include "io/folder.hpp"
#include "kernels/kernels.hpp"

namespace deltarule {

using namespace app;

struct KeptRun::Impl {
  RunFolder folder;
  RunDescription run;
  std::string id = {};  // digest of run.json; empty before there is one
};

namespace {

std::string arithmetic() { return kernels::kernels<float>().fused ? "fused" : "unfused"; }

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

void write_or_throw(const std::string& path, std::string_view text) {
  if (auto written = io::write_atomically(path, bytes_of(text), true); !written) throw Exception(written.error());
}

std::string digest_of_file(const std::string& path) { return io::digest_of(unwrap(io::read_file(path)).bytes()); }

void check_options(const RunOptions& options) {
  if (options.folder.empty()) throw Exception({ErrorCode::usage, "run", "an empty name", "the folder of the run", {}});
  if (options.keep == 0)
    throw Exception({ErrorCode::usage, "keep", "0 checkpoints", "at least 1", "A run goes on from its newest"});
  for (const RunFile& file : options.files) {
    const io::PathKind kind = file.path == "-" ? io::PathKind::other : io::path_kind(file.path);
    if (kind == io::PathKind::file || kind == io::PathKind::nothing) continue;  // what is not there is told when read
    throw Exception({ErrorCode::usage, "run", file.what + " from " + io::display_name(file.path) + ", which is no file",
                     "a file that can be read again when the run is taken up",
                     "Save it first, as with cat > data.csv, and train on that file"});
  }
}

void refuse_folder_in_use(const RunFolder& folder) {
  if (auto cleared = folder.remove_leftovers(); !cleared) throw Exception(cleared.error());
  if (unwrap(folder.names()).empty()) return;
  if (folder.has(kRunFile))
    throw Exception({ErrorCode::io, folder.path(), "holds a run already", "a new folder",
                     "Go on with it: deltarule resume " + folder.path()});
  throw Exception({ErrorCode::io, folder.path(), "is not empty", "a new or an empty folder", "Name another one"});
}

}  // namespace

KeptRun KeptRun::begin(const RunOptions& options) {
  check_options(options);
  auto impl = std::make_unique<Impl>(Impl{unwrap(RunFolder::take(options.folder, true)), {.options = options}});
  refuse_folder_in_use(impl->folder);
  for (const RunFile& file : options.files) impl->run.digests.push_back(digest_of_file(file.path));
  impl->run.working_folder = io::from_root(".");
  impl->run.engine_version = DELTARULE_VERSION;
  impl->run.arithmetic = arithmetic();
  return KeptRun(std::move(impl));
}

KeptRun KeptRun::open(const std::string& folder) {
  RunFolder taken = unwrap(RunFolder::take(folder, false));
  if (!taken.has(kRunFile))
    throw Exception({ErrorCode::io, folder,
                     std::string("no ") + kRunFile + ": no run was begun here, or it ended before its first epoch",
                     "the folder of a run", "Begin one: deltarule train DATA … --run " + folder});
  const std::string path = taken.file(kRunFile);
  const io::FileBytes text = unwrap(io::read_file(path));
  RunDescription run = unwrap(description_from_json(text.text(), path));
  run.options.folder = folder;
  return KeptRun(std::make_unique<Impl>(Impl{std::move(taken), std::move(run), io::digest_of(text.bytes())}));
}

KeptRun::KeptRun(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KeptRun::KeptRun(KeptRun&&) noexcept = default;
KeptRun& KeptRun::operator=(KeptRun&&) noexcept = default;
KeptRun::~KeptRun() = default;

const RunOptions& KeptRun::options() const { return impl_->run.options; }
const std::string& KeptRun::working_folder() const { return impl_->run.working_folder; }
std::string KeptRun::path_from_here(const std::string& path) const {
  if (path.empty() || impl_->run.working_folder == io::from_root(".")) return path;
  return io::seen_from(impl_->run.working_folder, path);
}
bool KeptRun::complete() const { return impl_->folder.has(kReportFile); }
std::string KeptRun::model_path() const { return impl_->folder.file(kModelFile); }
std::string KeptRun::record_path() const { return impl_->folder.file(kRecordFile); }

namespace {

void check_same(const RunDescription& run, const std::string& folder) {
  const std::string fix = "Go on with the deltarule and on a machine as the run began, or begin a new run";
  if (run.engine_version != DELTARULE_VERSION)
    throw Exception({ErrorCode::usage, folder, "a run of deltarule " + run.engine_version,
                     std::string("one of this version, ") + DELTARULE_VERSION + ", for the same bits", fix});
  if (run.arithmetic != arithmetic())
    throw Exception({ErrorCode::usage, folder, "a run whose arithmetic is " + run.arithmetic,
                     "arithmetic of this machine (" + arithmetic() + "), for the same bits", fix});
}

}  // namespace

std::optional<Fitted> KeptRun::fit(const Dataset& data, const FitOptions& options, const FitEvents& events,
                                   const RunEvents& run) {
  Impl& self = *impl_;
  check_same(self.run, self.folder.path());
  for (std::size_t i = 0; i < self.run.options.files.size(); ++i) {
    const std::string path = path_from_here(self.run.options.files[i].path);
    if (digest_of_file(path) != self.run.digests[i])
      throw Exception({ErrorCode::data, path, "has changed since the run began",
                       "the " + self.run.options.files[i].what + " that it began with",
                       "Put the old file back, or begin a new run in another folder"});
  }
  FolderKeeper keeper(self.folder, self.run.options, run);
  FitEvents own = events;
  own.on_plan = [&](const FitPlan& plan) {
    if (events.on_plan) events.on_plan(plan);
    if (self.id.empty()) {
      const std::string text = description_to_json(self.run, plan);
      write_or_throw(self.folder.file(kRunFile), text);
      self.id = io::digest_of(bytes_of(text));
    }
    keeper.start(self.id);
  };
  own.stop_baselines = [&] { return keeper.leaves() || (events.stop_baselines && events.stop_baselines()); };
  try {
    return fit_kept(data, options, own, &keeper);
  } catch (const RunLeft&) {
    return std::nullopt;
  }
}

void KeptRun::finish(const Fitted& fitted, std::string_view report) {
  const RunFolder& folder = impl_->folder;
  fitted.model.save(folder.file(kModelFile), true);
  write_or_throw(folder.file(kHistoryFile), history_csv(fitted.report));
  fitted.report.record.save(folder.file(kRecordFile), true);
  write_or_throw(folder.file(kReportFile), report);
  for (const FitPhase phase : {FitPhase::training, FitPhase::refit})
    if (auto removed = io::remove_path(folder.file(spool_name(phase))); !removed) throw Exception(removed.error());
}

}  // namespace deltarule
