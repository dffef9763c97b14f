#include "harness/repro/emit_case.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/repro/case_code.h"
#include "src/base/error.h"

namespace portcullis::repro {
namespace {

using portability::Strategy;
using portability::StrategyKind;

struct Language {
  bool cpp = false;
  const std::vector<StrategyCode>& strategies;
};

bool Has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

[[noreturn]] void NoCode(const verdict::Result& result, const std::string& error,
                         const std::string& what) {
  throw UsageError(
      fmt::format("{} has no program of its own: no code for {}. Its error has: portcullis "
                  "repro {} --emit py, sh or cpp",
                  result.c.id, what, error));
}

const CheckpointCode* FindCheckpoint(const CaseSubject& subject, bool cpp) {
  const auto& all = TheCaseCode().checkpoints;
  const bool known = !subject.maker.empty();
  const auto found = std::find_if(all.begin(), all.end(), [&](const CheckpointCode& code) {
    return (known ? Has(code.makers, subject.maker) : Has(code.formats, subject.format)) &&
           !(cpp ? code.cpp : code.python).empty();
  });
  return found == all.end() ? nullptr : &*found;
}

template <typename Codes>
auto FindByName(const Codes& codes, std::string_view name, std::string Codes::value_type::*member) {
  const auto found = std::find_if(codes.begin(), codes.end(),
                                  [&](const auto& code) { return code.*member == name; });
  return found == codes.end() ? nullptr : &*found;
}

std::string Quoted(const std::string& text) { return fmt::format("\"{}\"", text); }

// The two tensors of a checkpoint have the first and the last of its tags.
std::string TagsOf(const CaseSubject& subject) {
  return fmt::format("[{}, {}]", Quoted(subject.tags.front()), Quoted(subject.tags.back()));
}

std::string GpusOf(const CaseSubject& subject) {
  return fmt::format("{}", std::count_if(subject.tags.begin(), subject.tags.end(),
                                         [](const auto& tag) { return tag.starts_with("cuda"); }));
}

std::string CallableOf(const std::string& argument) {
  if (argument == "keep") return "storage";
  if (argument == "none") return "None";
  const std::size_t colon = argument.find(':');
  return fmt::format("storage.{}({})", argument.substr(0, colon),
                     colon == std::string::npos ? "" : argument.substr(colon + 1));
}

std::string PairsOf(const Strategy& strategy) {
  std::string pairs;
  for (const auto& pair : portability::RemapPairs(strategy)) {
    pairs += fmt::format("{}{}: {}", pairs.empty() ? "" : ", ", Quoted(pair.from), Quoted(pair.to));
  }
  return "{" + pairs + "}";
}

// Saving under what the strategy makes of it (harness/loader/portcullis_loader/saving.py).
std::string SavingOf(const std::string& argument) {
  if (argument == "full") return "torch.save(value, \"/dev/full\")  # a disk that is full";
  return fmt::format(
      "import resource\nimport signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_{1})\n"
      "resource.setrlimit(resource.RLIMIT_FSIZE, ({0}, {0}))\ntorch.save(value, \"saved.pt\")",
      argument.substr(argument.find(':') + 1), argument.starts_with("limit") ? "IGN" : "DFL");
}

Fields FieldsOf(const CaseSubject& subject, const CheckpointCode& checkpoint,
                const Strategy& strategy, bool cpp) {
  const std::string& argument = strategy.argument;
  const bool number =
      !argument.empty() && argument.find_first_not_of("0123456789") == std::string::npos;
  Fields fields{{"file", checkpoint.file},
                {"argument", argument},
                {"tags", TagsOf(subject)},
                {"gpus", GpusOf(subject)},
                {"device", strategy.use.device},
                {"weights-only", subject.trust ? "False" : "True"},
                {"first", argument.substr(0, argument.find(','))},
                {"second", argument.substr(argument.rfind(',') + 1)},
                {"callable", CallableOf(argument)},
                {"word", number ? argument : Quoted(argument)},
                {"saving", SavingOf(argument)},
                {"rows", cpp ? checkpoint.cpp_rows : checkpoint.rows},
                {"map-of-argument", ""}};
  if (strategy.kind == StrategyKind::kRemap) fields["pairs"] = PairsOf(strategy);
  if (!argument.empty()) {
    fields["map-of-argument"] = fmt::format(
        fmt::runtime(cpp ? ", torch::Device(\"{}\")" : ", map_location=\"{}\""), argument);
  }
  return fields;
}

std::string WithoutLastNewline(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

// The code of one way of loading; "" if there is none.
struct Code {
  std::string load;  // one line
  std::string then;
  std::string Text() const { return then.empty() ? load : load + "\n" + then; }
};

Code CodeOf(const CaseSubject& subject, const CheckpointCode& checkpoint, const Strategy& strategy,
            const std::string& file, bool cpp) {
  const auto& code = TheCaseCode();
  const StrategyCode* found =
      FindByName(cpp ? code.cpp : code.python, strategy.Row().name, &StrategyCode::strategy);
  const std::string& kind = cpp ? checkpoint.cpp_kind : checkpoint.kind;
  if (found == nullptr || (!found->then.empty() && !found->then.contains(kind))) return {};
  Fields fields = FieldsOf(subject, checkpoint, strategy, cpp);
  fields["file"] = file;
  fields["map"] = Fill(found->map, fields);
  fields["map-of-others"] = found->has_others ? Fill(found->others, fields) : fields["map"];
  const std::string load =
      found->load.empty() ? (cpp ? checkpoint.cpp : checkpoint.python) : found->load;
  const auto then = found->then.find(kind);
  return {fmt::format(fmt::runtime(cpp ? "auto value = {};" : "value = {}"), Fill(load, fields)),
          then == found->then.end() ? "" : WithoutLastNewline(Fill(then->second, fields))};
}

// The way of loading that works, and the file for it.
struct Way {
  Strategy strategy;
  bool portable = false;  // what was saved to load everywhere, in place of the checkpoint
};

Way WayThatWorks(const CheckpointCode& checkpoint, const Strategy& strategy, bool cpp) {
  const std::string& load = cpp ? checkpoint.cpp : checkpoint.python;
  if (strategy.kind == StrategyKind::kRanks) {
    return {portability::ParseStrategy("rank-map=" + strategy.argument)};
  }
  if (strategy.kind == StrategyKind::kForward)
    return {portability::ParseStrategy("forward=cpu"), true};
  if (load.find("@map@") != std::string::npos)
    return {portability::ParseStrategy("map-location=cpu")};
  if (!cpp) return {portability::ParseStrategy("unpickle=cpu")};
  return {portability::ParseStrategy("as-saved"), true};
}

std::string PortableFile(const CheckpointCode& checkpoint) {
  return "portable" + checkpoint.file.substr(checkpoint.file.rfind('.'));
}

std::string Shows(const std::string& kind, bool cpp) {
  if (cpp) return R"(std::cout << "loaded\n";)";
  if (kind == "module") {
    return "print(\"loaded onto\", *sorted({str(tensor.device) for tensor in value.parameters()}))";
  }
  if (kind == "dict") {
    return "print(\"loaded onto\", *sorted({str(tensor.device) for tensor in value.values()}))";
  }
  return "print(\"it works\")";
}

// The two ways of loading; behind a use or a save, which come after the load, the two of these.
Twins TwinsOf(const verdict::Result& result, const CaseSubject& subject,
              const CheckpointCode& checkpoint, const std::string& error, bool cpp) {
  const Strategy& strategy = result.c.strategy;
  const Code fails = CodeOf(subject, checkpoint, strategy, checkpoint.file, cpp);
  if (fails.load.empty()) NoCode(result, error, strategy.Text());
  Twins twins;
  twins.shows = Shows(cpp ? checkpoint.cpp_kind : checkpoint.kind, cpp);
  if (strategy.use) {
    const UseCode* use = FindByName(TheCaseCode().uses, strategy.use.Name(), &UseCode::use);
    if (use == nullptr) NoCode(result, error, strategy.Text());
    const Fields fields = FieldsOf(subject, checkpoint, strategy, cpp);
    return {fails.Text(), Fill(use->does, fields), Fill(use->should, fields),
            "print(\"it works\")"};
  }
  if (strategy.kind == StrategyKind::kSave) {
    return {fails.load, fails.then, "torch.save(value, \"saved.pt\")", "print(\"saved\")"};
  }
  const Way way = WayThatWorks(checkpoint, strategy, cpp);
  const Code works = CodeOf(subject, checkpoint, way.strategy,
                            way.portable ? PortableFile(checkpoint) : checkpoint.file, cpp);
  if (strategy.kind == StrategyKind::kRanks)
    twins.shows = "print(\"loaded\", len(value), \"times\")";
  twins.fails = fails.Text();
  twins.works = works.Text();
  return twins;
}

std::string ExecOf(const scenario::Case& c) {
  std::string command = "portcullis exec --host " + scenario::HostAndMask(c.host, c.mask);
  if (!c.fault.empty()) command += fmt::format(" --fault '{}'", c.fault);
  const bool computes = c.strategy.use || c.strategy.kind == StrategyKind::kForward;
  return command + (computes ? " --compute" : "") + " -- ";
}

std::vector<EmittedFile> PythonCase(const verdict::Result& result, const Head& head,
                                    const std::string& make, Twins twins, Form form) {
  twins.setup = make + twins.setup;
  auto files = PythonPrograms(head, twins);
  if (form == Form::kShell) {
    files.push_back(RunScript(head, fmt::format("exec {}python3 \"$1.py\"", ExecOf(result.c))));
  }
  return files;
}

// C++ reads what Python saves: forging tags takes no GPU there.
std::vector<EmittedFile> CppCase(const verdict::Result& result, const Head& head,
                                 const std::string& make, const Twins& twins) {
  auto files = CppPrograms(head, twins);
  files.push_back(PythonScript("saves.py", "What fails.cpp and works.cpp read.", make));
  files.push_back(BuildScript({!result.runtime_id.ends_with("-cpu"), false}));
  files.push_back(RunScript(
      head, fmt::format("portcullis exec --host no-driver -- python3 saves.py\nexec {}./\"$1\"",
                        ExecOf(result.c))));
  return files;
}

}  // namespace

std::vector<EmittedFile> EmitCase(const verdict::Result& result, const CaseSubject& subject,
                                  const std::string& error, Form form) {
  const bool cpp = !result.runtime_id.starts_with("python");
  if (cpp ? form == Form::kPython : form == Form::kCpp) {
    throw UsageError(fmt::format("{} is a case of {}; say --emit {}", result.c.id,
                                 cpp ? "C++" : "Python", cpp ? "cpp" : "py or sh"));
  }
  if (!result.c.damage.empty()) NoCode(result, error, "damaged files");
  const CheckpointCode* checkpoint = FindCheckpoint(subject, cpp);
  if (checkpoint == nullptr) NoCode(result, error, "checkpoints like " + result.c.checkpoint);
  const Twins twins = TwinsOf(result, subject, *checkpoint, error, cpp);
  const Fields fields = FieldsOf(subject, *checkpoint, result.c.strategy, cpp);
  std::string make = Fill(checkpoint->make, fields);
  const bool portable =
      (twins.fails + twins.works).find(PortableFile(*checkpoint)) != std::string::npos;
  if (portable) make += Fill(checkpoint->portable, fields);
  const Head head{result.c.id, fmt::format("raises {} in the {}", error, result.observation.phase),
                  fmt::format("Needs a host like this: {}{}", ExecOf(result.c),
                              cpp ? "./fails" : "python3 fails.py")};
  return cpp ? CppCase(result, head, make, twins) : PythonCase(result, head, make, twins, form);
}

}  // namespace portcullis::repro
