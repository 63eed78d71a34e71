# Completion of cama for bash. tests/tool/options_test.py compares the lists with what cama --help says.
_cama()
{
    local word=$2 before=$3 command=${COMP_WORDS[1]} options=
    if [ "$COMP_CWORD" = 1 ]; then
        options='train predict adapt eval do view info verify options convert --help --version'
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
        return
    fi
    case $before in
    --format) mapfile -t COMPREPLY < <(compgen -W 'csv idx npy png' -- "$word"); return ;;
    --part) mapfile -t COMPREPLY < <(compgen -W 'x a c y' -- "$word"); return ;;
    --preset)
        mapfile -t COMPREPLY < <(compgen -W 'mnist mnist-view mnist-dnn mnist-cnn cifar cifar-view measurement
            measurement-sensors measurement-dnn' -- "$word")
        return ;;
    esac
    case $command in
    train)
        options='--output --set --seed --threads --json --quiet --format --labels --limit --target --graph --parents
            --co-parents --children --ignore --categorical --cuts --preset --from --manipulated --manipulated-labels' ;;
    predict) options='--output --set --seed --threads --json --quiet --format --limit --reader' ;;
    adapt) options='--output --set --seed --threads --json --quiet --format --limit --clean --clean-labels' ;;
    eval)
        options='--set --seed --threads --json --quiet --format --labels --limit --clean --clean-labels --reader
            --report' ;;
    do) options='--output --set --seed --threads --json --quiet --format --labels --limit --mean --sweep' ;;
    view) options='--set --seed --threads --json --quiet --format --labels --limit --restored' ;;
    info | verify) options='--json' ;;
    options)
        options='--json'
        [[ $word == -* ]] || mapfile -t COMPREPLY < <(compgen -W 'session schema csv model optimizer train finetune
            score predict view attack encode reconstruct generate counterfactual manipulate' -- "$word") ;;
    convert) options='--output --set --seed --json --quiet --format --labels --limit --views --model --part' ;;
    esac
    if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options --help" -- "$word")
    elif [ "$command" != options ]; then
        compopt -o default
    fi
}
complete -F _cama cama
