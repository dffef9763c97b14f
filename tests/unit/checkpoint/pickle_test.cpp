// The pickle interpreter: every opcode, every protocol, and what it says of wrong pickles.
#include "src/checkpoint/pickle.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "src/checkpoint/error.h"
#include "src/checkpoint/pickle_opcodes.h"
#include "src/checkpoint/pickle_text.h"
#include "tests/unit/checkpoint/build.h"

namespace portcullis::checkpoint {
namespace {

using testing::HasSubstr;

// A pickle read, and its values as text: a Python-like notation in which calls stay calls.
class Pickle {
 public:
  explicit Pickle(const std::string& bytes)
      : source_(HoldBytes(AsBytes(bytes), {"x.pkl", "", 0})), in_(*source_), values_(budget_) {
    root_ = ReadPickle(in_, budget_, values_);
  }

  std::string Text() const { return Show(root_); }
  const Values& values() const { return values_; }
  Ref root() const { return root_; }

 private:
  std::string Items(Ref ref, std::string_view open, std::string_view close) const {
    std::string text(open);
    ItemPosition at = values_.Begin(ref);
    for (Ref item = values_.Next(at); item != kNoRef; item = values_.Next(at)) {
      if (text.size() > open.size()) text += ", ";
      text += Show(item);
    }
    return text + std::string(close);
  }

  std::string ShowObject(Ref ref) const {
    const Object& object = values_.ObjectOf(ref);
    std::string text = Show(object.callee) + Show(object.arguments);
    if (object.keywords != kNoRef) text += "**" + Show(object.keywords);
    if (object.first != kNoRef)
      text += Items(ref, object.pairs ? "{" : "[", object.pairs ? "}" : "]");
    if (object.state != kNoRef) text += "<-" + Show(object.state);
    return text;
  }

  std::string Show(Ref ref) const {
    switch (values_.KindOf(ref)) {
      case Kind::kNone:
        return "None";
      case Kind::kBool:
        return ref == values_.Bool(true) ? "True" : "False";
      case Kind::kInt:
        return fmt::to_string(values_.Int(ref));
      case Kind::kFloat:
        return fmt::to_string(values_.Float(ref));
      case Kind::kBigInt:
        return "big";
      case Kind::kString:
        return fmt::format("'{}'", values_.TextOf(ref).text);
      case Kind::kBytes:
        return fmt::format("bytes({})", values_.TextOf(ref).size);
      case Kind::kTuple:
        return Items(ref, "(", ")");
      case Kind::kList:
        return Items(ref, "[", "]");
      case Kind::kDict:
        return Items(ref, "{", "}");
      case Kind::kSet:
        return Items(ref, "set(", ")");
      case Kind::kGlobal:
        return fmt::format("{}.{}", values_.GlobalOf(ref).module, values_.GlobalOf(ref).name);
      case Kind::kObject:
        return ShowObject(ref);
      case Kind::kPersistent:
        return "pid" + Show(values_.PersistentId(ref));
      case Kind::kOpaque:
        return "opaque";
    }
    return "";
  }

  std::unique_ptr<Source> source_;
  Cursor in_;
  Budget budget_{1 << 20};
  Values values_;
  Ref root_ = kNoRef;
};

std::string Read(const std::string& body) { return Pickle("\x80\x05" + body + ".").Text(); }

std::string ErrorIn(const std::string& bytes) {
  try {
    return "no error: " + Pickle(bytes).Text();
  } catch (const CheckpointError& error) {
    return error.what();
  }
}

TEST(Pickle, Constants) {
  EXPECT_EQ(Read("N"), "None");
  EXPECT_EQ(Read("\x88"), "True");
  EXPECT_EQ(Read("\x89"), "False");
  EXPECT_EQ(Read("I01\n"), "True");
  EXPECT_EQ(Read("I00\n"), "False");
}

TEST(Pickle, Numbers) {
  EXPECT_EQ(Read("I-12\n"), "-12");
  EXPECT_EQ(Read("L-12L\n"), "-12");
  EXPECT_EQ(Read("J\xfe\xff\xff\xff"), "-2");
  EXPECT_EQ(Read("K\xff"), "255");
  EXPECT_EQ(Read("M\x01\x02"), "513");
  EXPECT_EQ(Read(std::string("\x8a\x00", 2)), "0");
  EXPECT_EQ(Read("\x8a\x01\xff"), "-1");
  EXPECT_EQ(Read(std::string("\x8a\x02\xff\x00", 4)), "255");
  EXPECT_EQ(Read("\x8b" + Little(3, 4) + Little(0x123456, 3)), "1193046");
  EXPECT_EQ(Read("\x8a\x09" + std::string(9, 'x')), "big");
  EXPECT_EQ(Read("L123456789012345678901234567890L\n"), "big");
  EXPECT_EQ(Read("F-1.5\n"), "-1.5");
  EXPECT_EQ(Read(std::string("G\x3f\xf8\0\0\0\0\0\0", 9)), "1.5");
}

TEST(Pickle, StringsAndBytes) {
  EXPECT_EQ(Read("S'a\\'b\\n\\x41'\n"), "'a'b\nA'");
  EXPECT_EQ(Read("S\"q\"\n"), "'q'");
  EXPECT_EQ(Read("Va\\u00e9\\U0001F600\n"), "'aé😀'");
  EXPECT_EQ(Read("Va\\\\u0041\n"), "'a\\\\u0041'");  // the second of two begins no escape
  EXPECT_EQ(Read("T" + Little(3, 4) + "abc"), "'abc'");
  EXPECT_EQ(Read("U\x03"
                 "abc"),
            "'abc'");
  EXPECT_EQ(Read("X" + Little(3, 4) + "abc"), "'abc'");
  EXPECT_EQ(Read("\x8c\x03"
                 "abc"),
            "'abc'");
  EXPECT_EQ(Read("\x8d" + Little(3, 8) + "abc"), "'abc'");
  EXPECT_EQ(Read("B" + Little(3, 4) + "abc"), "bytes(3)");
  EXPECT_EQ(Read("C\x03"
                 "abc"),
            "bytes(3)");
  EXPECT_EQ(Read("\x8e" + Little(3, 8) + "abc"), "bytes(3)");
  EXPECT_EQ(Read("\x96" + Little(3, 8) + "abc"), "bytes(3)");
  EXPECT_EQ(Read("\x97\x98"), "opaque");
}

TEST(Pickle, Containers) {
  EXPECT_EQ(Read(")"), "()");
  EXPECT_EQ(Read("(NNt"), "(None, None)");
  EXPECT_EQ(Read("NNN\x87"), "(None, None, None)");
  EXPECT_EQ(Read("K\x01K\x02\x86"), "(1, 2)");
  EXPECT_EQ(Read("N\x85"), "(None)");
  EXPECT_EQ(Read("(NNl"), "[None, None]");
  EXPECT_EQ(Read("(K\x01Nd"), "{1, None}");
  EXPECT_EQ(Read("]NaK\x01"
                 "a"),
            "[None, 1]");
  EXPECT_EQ(Read("](NNe(K\x01"
                 "e"),
            "[None, None, 1]");
  EXPECT_EQ(Read("}K\x01Ns(K\x02Nu"), "{1, None, 2, None}");
  EXPECT_EQ(Read("\x8f(NK\x01\x90"), "set(None, 1)");
  EXPECT_EQ(Read("(N\x91"), "set(None)");
}

// Two lists that grow in turn: their items are not next to each other.
TEST(Pickle, ContainersThatGrowInTurn) {
  EXPECT_EQ(Read("]q\x01]q\x02"
                 "h\x01K\x01"
                 "a0h\x02K\x02"
                 "a0h\x01K\x03"
                 "a0h\x02K\x04"
                 "a0\x86"),
            "([1, 3], [2, 4])");
}

TEST(Pickle, StackAndMemo) {
  EXPECT_EQ(Read("NK\x01"
                 "0"),
            "None");
  EXPECT_EQ(Read("N(K\x01K\x02"
                 "1"),
            "None");
  EXPECT_EQ(Read("N(0"), "None");
  EXPECT_EQ(Read("K\x07"
                 "2\x86"),
            "(7, 7)");
  EXPECT_EQ(Read("K\x07p12\n0g12\n"), "7");
  EXPECT_EQ(Read("K\x07q\x0c"
                 "0h\x0c"),
            "7");
  EXPECT_EQ(Read("K\x07r" + Little(7'000'000, 4) + "0j" + Little(7'000'000, 4)), "7");
  EXPECT_EQ(Read("K\x07\x94K\x08\x94"
                 "00h\x01"),
            "8");
}

TEST(Pickle, GlobalsAndCalls) {
  EXPECT_EQ(Read("cos\nsystem\n"), "os.system");
  EXPECT_EQ(Read("\x8c\x02os\x8c\x06system\x93"), "os.system");
  EXPECT_EQ(Read("cos\nsystem\nU\x02ls\x85R"), "os.system('ls')");
  EXPECT_EQ(Read("cm\nC\n)\x81}U\x01"
                 "aNsb"),
            "m.C()<-{'a', None}");
  EXPECT_EQ(Read("cm\nC\n)}\x92"), "m.C()**{}");
  EXPECT_EQ(Read("(K\x01im\nC\n"), "m.C(1)");
  EXPECT_EQ(Read("(cm\nC\nK\x01o"), "m.C(1)");
  EXPECT_EQ(Read("cm\nD\n)RK\x01Ns"), "m.D(){1, None}");
  EXPECT_EQ(Read("cm\nL\n)RK\x01"
                 "a"),
            "m.L()[1]");
  EXPECT_EQ(Read("\x82\x01"), "opaque");
  EXPECT_EQ(Read("Pid 7\n"), "pid'id 7'");
  EXPECT_EQ(Read("K\x07Q"), "pid7");
}

TEST(Pickle, FramesAreLookedThrough) { EXPECT_EQ(Read("\x95" + Little(2, 8) + "N"), "None"); }

TEST(Pickle, EveryOpcodeOfPickletoolsIsKnown) {
  int known = 0;
  for (const PickleOpcode& opcode : PickleOpcodes()) known += opcode.name.empty() ? 0 : 1;
  EXPECT_EQ(known, 68);  // len(pickletools.opcodes), Python 3.13
}

// A string's place is that of its first character, whatever wrote it.
TEST(Pickle, StringsKnowTheirPlace) {
  for (const std::string& body :
       {std::string("S'cuda:0'\n"), std::string("Vcuda:0\n"), "X" + Little(6, 4) + "cuda:0",
        std::string("U\x06"
                    "cuda:0"),
        "\x8d" + Little(6, 8) + "cuda:0"}) {
    const std::string bytes = "\x80\x02" + body + ".";
    const Pickle pickle(bytes);
    const Text& text = pickle.values().TextOf(pickle.root());
    EXPECT_EQ(bytes.substr(text.offset, text.size), "cuda:0");
    EXPECT_EQ(text.opcode_at, 2U);
  }
}

TEST(Pickle, LongStringsKeepTheirBeginning) {
  const std::string text(100'000, 'x');
  const Pickle pickle("\x80\x02X" + Little(text.size(), 4) + text + ".");
  EXPECT_EQ(pickle.values().TextOf(pickle.root()).size, 100'000U);
  EXPECT_EQ(pickle.values().TextOf(pickle.root()).text.size(), Values::kTextKept);
}

TEST(PickleErrors, SayWhereAndWhatNext) {
  EXPECT_EQ(
      ErrorIn("\x80\x02"
              "K\x01"
              "R."),
      "x.pkl: at byte 4: found REDUCE with nothing to work on, expected a value on the stack\n"
      "  next: the file is damaged or incomplete: save it again, or copy it again and compare "
      "checksums");
}

struct WrongPickle {
  std::string body, error;
};

TEST(PickleErrors, OfEveryKind) {
  const WrongPickle cases[] = {
      {"", "at byte 2: found 0 bytes left"},
      {"\xff", "found byte 0xff, expected an opcode of pickle"},
      {"t", "found TUPLE without a MARK before it"},
      {"(0t", "found TUPLE without a MARK before it"},
      {"NNs", "found SETITEM with nothing to work on"},
      {"NNNs", "found SETITEM on a value that holds no items, expected a dict"},
      {"NNa", "found APPEND on a value that holds no items, expected a list or a set"},
      {"}(Nu", "found SETITEMS with a key that has no value"},
      {"(Nd", "found DICT with a key that has no value"},
      {"(o", "found OBJ without a class"},
      {"h\x05", "found BINGET of memo entry 5"},
      {"gx\n", "found GET of text that is no memo index"},
      {"I1x\n", "found INT of text that is no number"},
      {"F1x\n", "found FLOAT of text that is no number"},
      {"Sabc\n", "found STRING without quotes"},
      {"NN\x93", "found STACK_GLOBAL on values that are no strings"},
      {"\x86", "found TUPLE2 with too few values, expected 2 values"},
      {"\x95" + Little(9, 8), "found 0 bytes left, expected 9 bytes of frame"},
      {"X" + Little(9, 4) + "abc", "found 4 bytes left, expected 9 bytes of BINUNICODE"},
  };
  for (const WrongPickle& wrong : cases) {
    const std::string end = wrong.body.empty() ? "" : ".";
    EXPECT_THAT(ErrorIn("\x80\x02" + wrong.body + (wrong.body[0] == '\x95' ? "" : end)),
                HasSubstr(wrong.error));
  }
}

}  // namespace
}  // namespace portcullis::checkpoint
